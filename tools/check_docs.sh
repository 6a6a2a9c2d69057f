#!/usr/bin/env bash
# Links inside the repository's Markdown lead somewhere: the file exists, and so does the heading when
# one is named. Every page of docs/ can be reached from README.md, and every page that the code names
# exists.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bad=0
links=0

# GitHub's anchor of a heading: lower case, punctuation dropped, spaces to dashes.
anchors() { # FILE
    awk '/^```/ { code = !code } !code && /^#+ / { sub(/^#+ +/, ""); print }' "$1" |
        tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}
# Link targets of a page, code blocks and code spans left out.
targets() { # FILE
    awk '/^```/ { code = !code; next } !code { gsub(/`[^`]*`/, ""); print }' "$1" |
        grep -oE '\]\([^)[:space:]]+\)' | sed -E 's/^\]\(//; s/\)$//' || true
}

mapfile -t pages < <(git ls-files --cached --others --exclude-standard -- '*.md')
reached=$'README.md\n'
queue=(README.md)
while [ ${#queue[@]} -gt 0 ]; do
    page=${queue[0]}
    queue=("${queue[@]:1}")
    while IFS= read -r target; do
        case $target in http:* | https:* | mailto:* | '') continue ;; esac
        path=$(realpath -m --relative-to=. "$(dirname "$page")/${target%%#*}")
        case $path in
            *.md)
                if [ -f "$path" ] && ! grep -qxF "$path" <<<"$reached"; then
                    reached+=$path$'\n'
                    queue+=("$path")
                fi
                ;;
        esac
    done < <(targets "$page")
done

for page in "${pages[@]}"; do
    while IFS= read -r target; do
        case $target in http:* | https:* | mailto:* | '') continue ;; esac
        links=$((links + 1))
        file=${target%%#*}
        anchor=""
        case $target in *'#'*) anchor=${target#*#} ;; esac
        if [ -z "$file" ]; then
            path=$page
        else
            path=$(dirname "$page")/$file
        fi
        if [ ! -e "$path" ]; then
            echo "$page: link to $target: there is no $path"
            bad=1
        elif [ -n "$anchor" ] && [ "${path##*.}" = md ] && ! anchors "$path" | grep -qxF -- "$anchor"; then
            echo "$page: link to $target: no such heading in $path"
            bad=1
        fi
    done < <(targets "$page")
    case $page in
        docs/*.md)
            if ! grep -qxF "$page" <<<"$reached"; then
                echo "$page: no page leads here from README.md"
                bad=1
            fi
            ;;
    esac
done
# Pages that comments and messages of the program name.
while IFS=: read -r file page; do
    if [ ! -f "$page" ]; then
        echo "$file: names $page, which does not exist"
        bad=1
    fi
done < <(git grep -noE 'docs/[a-z0-9/_-]+\.md' -- src tests web scenarios tools .ci | sed -E 's/:[0-9]+:/:/' | sort -u)

[ "$bad" -eq 0 ] || exit 1
echo "docs: ${#pages[@]} pages, $links links"
