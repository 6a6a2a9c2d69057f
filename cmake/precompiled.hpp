// Headers that many files include and that take long to read, compiled once per build
// (CMakeLists.txt) and once for clang-tidy's analyzer (tools/check_tidy.sh). A file still includes
// what it uses.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <expected>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <memory_resource>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>
