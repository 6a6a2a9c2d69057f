#!/usr/bin/env bash
# A folder of src includes only the folders that its library links, directly or through others: the
# link lines in src/*/CMakeLists.txt are the layering of docs/architecture.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
declare -A links
for file in src/*/CMakeLists.txt; do
    name=$(basename "$(dirname "$file")")
    links[$name]=$(sed -nE "s/^(mc_library\($name|target_link_libraries\(mc_$name [A-Z]+)(.*)\)/\2/p" "$file" | tr ' ' '\n' | sed -n 's/^mc_//p' | tr '\n' ' ')
done
reach() { # FOLDER: it and all below it
    local todo="$1" seen=" " one
    while [ -n "$todo" ]; do
        one=${todo%% *}
        todo=${todo#"$one"}
        todo=${todo# }
        case $seen in *" $one "*) continue ;; esac
        seen+="$one "
        todo="${links[$one]:-} $todo"
        todo=$(echo $todo)
    done
    echo "$seen"
}
bad=0
for name in "${!links[@]}"; do
    below=$(reach "$name")
    while IFS=: read -r file line include; do
        folder=${include#*\"}
        folder=${folder%%/*}
        case $below in
            *" $folder "*) ;;
            *)
                echo "$file:$line: $name may not include $folder (it links:$below)"
                bad=1
                ;;
        esac
    done < <(grep -nE '^#include "[a-z]+/' "src/$name"/*.?pp /dev/null 2>/dev/null || true)
done
# JSON is written in one place, which cannot throw.
if grep -nE '[.>]dump\(' src/*/*.?pp | grep -v '^src/base/json_text.hpp:'; then
    echo "JSON: json_text of base/json_text.hpp writes it"
    bad=1
fi
[ "$bad" -eq 0 ] || exit 1
echo "layers: ${#links[@]} folders include only what they link"
