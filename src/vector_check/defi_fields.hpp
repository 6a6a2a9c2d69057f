// Reading the DeFi vectors: exact integers written as decimal strings or numbers, and comparing
// what came out with what is expected, field by field.
#pragma once

#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "defi/uint256.hpp"
#include "vector_check/vector_file.hpp"

namespace margincall::inline vector_check {

// A vector that is not as its form says; caught where the vector is evaluated.
class VectorForm : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The inputs of one vector. Names are tried in order, since sources name the same thing
// differently.
class Fields {
  public:
    explicit Fields(const nlohmann::json& object) : object_(&object) {}

    using Names = std::initializer_list<const char*>;
    [[nodiscard]] const nlohmann::json* find(Names names) const;
    [[nodiscard]] const nlohmann::json& at(Names names) const;
    [[nodiscard]] bool has(Names names) const { return find(names) != nullptr; }

    [[nodiscard]] U256 number(Names names) const;
    [[nodiscard]] U256 number_or(Names names, const U256& fallback) const;
    [[nodiscard]] SignedU256 signed_number(Names names) const;
    [[nodiscard]] std::size_t index(Names names) const;
    [[nodiscard]] std::vector<U256> numbers(Names names) const;
    [[nodiscard]] std::string text(Names names) const;
    [[nodiscard]] bool flag(Names names) const;  // true or false

  private:
    const nlohmann::json* object_;
};

[[nodiscard]] U256 to_number(const nlohmann::json& value);
[[nodiscard]] SignedU256 to_signed_number(const nlohmann::json& value);
[[nodiscard]] nlohmann::json to_json(const std::vector<U256>& values);

// Compares every field of `expected` with the same field of `got`: integers exactly, whether they
// are strings or numbers. Revert names may differ in spelling, and "OVERFLOW" stands for any
// failure of checked arithmetic. Fields named in `ignored` are not compared.
[[nodiscard]] VectorResult compare_fields(const std::string& name,
                                          const nlohmann::json& inputs,
                                          const nlohmann::json& expected,
                                          const nlohmann::json& got,
                                          const std::vector<std::string>& ignored = {});

// Do two names of a revert mean the same?
[[nodiscard]] bool same_revert(const std::string& expected, const std::string& got);

// {"value": result} or {"revert": reason} of one calculation.
[[nodiscard]] nlohmann::json value_or_revert(const std::function<U256()>& calculate);

}  // namespace margincall::inline vector_check
