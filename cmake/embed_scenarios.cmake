# Writes OUTPUT, a C++ file that holds every .toml of FOLDER as margincall::builtin_files().
# Usage: cmake -DFOLDER=... -DOUTPUT=... -P embed_scenarios.cmake
file(GLOB_RECURSE paths RELATIVE ${FOLDER} ${FOLDER}/*.toml)
list(SORT paths)
set(rows "")
set(texts "")
set(number 0)
foreach(path IN LISTS paths)
    file(READ ${FOLDER}/${path} bytes HEX)
    string(LENGTH "${bytes}" digits)
    math(EXPR size "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND texts "constexpr unsigned char file_${number}[] = {\n${bytes}};\n")
    string(APPEND rows "    {\"${path}\", {reinterpret_cast<const char*>(file_${number}), ${size}}},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Generated from scenarios/ by cmake/embed_scenarios.cmake.
#include \"scenario/builtin.hpp\"

namespace margincall::inline scenario {
namespace {
${texts}
const BuiltinFile files[] = {
${rows}};
}  // namespace

std::span<const BuiltinFile> builtin_files() { return files; }
}  // namespace margincall
")
