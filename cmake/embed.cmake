# Writes OUTPUT, a C++ file that holds the bytes of INPUT as margincall::FUNCTION().
# Usage: cmake -DINPUT=... -DOUTPUT=... -DFUNCTION=... -P embed.cmake
file(READ ${INPUT} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "// Generated from the web build by cmake/embed.cmake.
#include \"report/page_template.hpp\"

namespace margincall::inline report {
namespace {
constexpr unsigned char ${FUNCTION}_bytes[] = {
${bytes}};
}  // namespace

std::string_view ${FUNCTION}() {
    return {reinterpret_cast<const char*>(${FUNCTION}_bytes), ${size}};
}
}  // namespace margincall
")
