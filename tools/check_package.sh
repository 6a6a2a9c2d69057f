#!/usr/bin/env bash
# The Debian package: built, unpacked into a temporary folder and run from there. Nothing is installed on the
# machine. What cannot be looked at for want of a program is named as skipped.
#
#   tools/check_package.sh [BUILD]        BUILD is build/release, with the target margincall built
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$(realpath "${1:-build/release}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "package: $*" >&2
    exit 1
}
skipped=()

touch "$scratch/started"
(cd "$build" && cpack -G DEB) >"$scratch/cpack.log" 2>&1 || {
    cat "$scratch/cpack.log"
    fail "cpack failed"
}
version=$(sed -n 's/^project(margincall VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
package=$(find "$build/package" -name "margincall_${version}_*.deb" -newer "$scratch/started")
[ -n "$package" ] || fail "no package of version $version was made"
field() { dpkg-deb --field "$package" "$1"; }
[ "$(field Package)" = margincall ] || fail "it is called $(field Package)"
[ "$(field Version)" = "$version" ] || fail "it has version $(field Version), CMakeLists.txt $version"
grep -q 'libc6' <<<"$(field Depends)" || fail "dependencies do not name the C library: $(field Depends)"
grep -q "version: \"$version\"" CITATION.cff || fail "CITATION.cff has another version than $version"

root=$scratch/root
dpkg-deb --extract "$package" "$root"
program=$root/usr/bin/margincall
[ "$("$program" --version)" = "margincall $version" ] || fail "the program says $("$program" --version)"
if command -v nm >/dev/null; then
    nm "$program" 2>&1 | grep -q 'no symbols' || fail "the program is not stripped"
else
    skipped+=("nm")
fi

# Every shipped scenario, from the installed folder and away from the sources.
scenarios=("$root"/usr/share/margincall/scenarios/*.toml)
[ ${#scenarios[@]} -eq "$(find scenarios -maxdepth 1 -name '*.toml' | wc -l)" ] || fail "scenarios are missing"
(cd / && "$program" validate "${scenarios[@]}" >"$scratch/validate.log" 2>&1) || {
    cat "$scratch/validate.log"
    fail "installed scenarios are not valid"
}
(cd / && "$program" validate builtin/2025-11-04.toml >/dev/null) || fail "scenarios inside the program are not found"

# Page and completions are what the program says.
share=$root/usr/share
declare -A forms=(
    [page]=$share/man/man1/margincall.1
    [bash]=$share/bash-completion/completions/margincall
    [zsh]=$share/zsh/vendor-completions/_margincall
    [fish]=$share/fish/vendor_completions.d/margincall.fish
)
for form in "${!forms[@]}"; do
    "$program" manual "$form" | cmp -s - "${forms[$form]}" || fail "${forms[$form]#"$root"} is not what the program writes"
done
for file in copyright README.md docs/start-here.md; do
    [ -f "$share/doc/margincall/$file" ] || fail "no $file in the documentation"
done

if command -v groff >/dev/null; then
    warnings=$(groff -man -ww -z -Tutf8 "${forms[page]}" 2>&1)
    [ -z "$warnings" ] || fail "groff: $warnings"
else
    skipped+=("groff")
fi
if command -v man >/dev/null; then
    MANWIDTH=100 man --warnings -l "${forms[page]}" 2>"$scratch/man.err" | col -b >"$scratch/page.txt"
    [ ! -s "$scratch/man.err" ] || fail "man: $(cat "$scratch/man.err")"
    grep -q 'margincall stress' "$scratch/page.txt" || fail "the page has no stress"
    grep -q -- '--shock SHOCK' "$scratch/page.txt" || fail "the page has no --shock"
else
    skipped+=("man")
fi

# offered WORD...: what bash offers for the last of these words.
offered() {
    bash --norc -c '
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _margincall
        echo "${COMPREPLY[*]}"' - "${forms[bash]}" "$@"
}
[ "$(offered margincall stre)" = stress ] || fail "bash does not complete stre"
[ "$(offered margincall run --previ)" = --preview ] || fail "bash does not complete run --previ"
[ "$(offered margincall run file.toml --progress p)" = plain ] || fail "bash does not complete --progress p"
[ "$(offered margincall sweep sta)" = status ] || fail "bash does not complete sweep sta"
[ "$(offered margincall sweep verify --perc)" = --percent ] || fail "bash does not complete sweep verify --perc"
[ -z "$(offered margincall validate scen)" ] || fail "bash offers words where a file is meant"
if command -v zsh >/dev/null; then
    # What Tab makes of a line in an interactive shell, shown by a key of our own.
    cat >"$scratch/tab.zsh" <<'EOT'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D; unsetopt beep"
zpty -w shell 'show() { print -r -- "{""{$BUFFER}""}"; zle kill-whole-line }; zle -N show; bindkey "^G" show; print rea""dy'
zpty -r -m shell out '*ready*'
zpty -w -n shell "$2"$'\t\a'
zpty -r -m shell out '*{{*}}*'
out=${${out##*\{\{}%%\}\}*}
print -r -- ${out%% }
zpty -d shell
EOT
    tab() { TERM=dumb timeout 20 zsh -f "$scratch/tab.zsh" "$(dirname "${forms[zsh]}")" "$1" || true; }
    said=$(tab "margincall sweep verify --perc")
    [ "$said" = "margincall sweep verify --percent" ] || fail "zsh makes of sweep verify --perc: $said"
    said=$(tab "margincall stre")
    [ "$said" = "margincall stress" ] || fail "zsh makes of stre: $said"
    said=$(tab "margincall run --progress pl")
    [ "$said" = "margincall run --progress plain" ] || fail "zsh makes of --progress pl: $said"
else
    skipped+=("zsh")
fi
if command -v fish >/dev/null; then
    said=$(HOME=$scratch fish --no-config -c "source '${forms[fish]}'; complete -C 'margincall run --previ'" | cut -f 1)
    [ "$said" = --preview ] || fail "fish does not complete run --previ: $said"
    said=$(HOME=$scratch fish --no-config -c "source '${forms[fish]}'; complete -C 'margincall stre'" | cut -f 1)
    [ "$said" = stress ] || fail "fish does not complete stre: $said"
else
    skipped+=("fish")
fi

echo "package: $(basename "$package"), $(du -k "$package" | cut -f 1) KiB; depends on $(field Depends)"
[ ${#skipped[@]} -eq 0 ] || echo "package: skipped for want of: ${skipped[*]}"
