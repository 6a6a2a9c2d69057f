// A small world for DeFi tests: one ledger, tokens that come into being by minting, and holders.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "defi/token_book.hpp"
#include "ledger/audit.hpp"

namespace margincall::test {

inline U256 operator""_e18(unsigned long long value) {
    return U256{value} * power_of_ten(18);
}
inline U256 operator""_e6(unsigned long long value) {
    return U256{value} * power_of_ten(6);
}
inline U256 operator""_n(unsigned long long value) {
    return U256{value};
}

struct Desk {
    static constexpr std::uint32_t assets = 64;
    Ledger ledger{assets};
    LedgerAudit audit{assets};
    TokenBook tokens{ledger};
    LedgerAsset next = 0;

    Desk() { ledger.set_observer(&audit); }
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;
    Desk(Desk&&) = delete;
    Desk& operator=(Desk&&) = delete;
    ~Desk() { check(); }

    TokenId token(const std::string& name, unsigned decimals = 18) {
        return tokens.add_token(name, next++, decimals);
    }
    HolderId holder() { return tokens.add_holder(); }
    HolderId rich(std::initializer_list<TokenId> what, const U256& whole_tokens = U256{1'000'000}) {
        const HolderId h = holder();
        for (const TokenId t : what) {
            tokens.mint(h, t, whole_tokens * tokens.unit(t));
        }
        return h;
    }
    // Every token sums to zero over its accounts, and the audit's own books agree.
    void check() const {
        check_ledger(ledger);
        audit.check_against(ledger);
    }
};

// Equal 256-bit numbers, printed in decimal when they are not.
inline ::testing::AssertionResult same(const U256& a, const U256& b) {
    return a == b ? ::testing::AssertionSuccess()
                  : ::testing::AssertionFailure() << a.to_string() << " is not " << b.to_string();
}

inline std::filesystem::path shared_folder() {
    const char* set = std::getenv("MARGINCALL_SHARED");
    return set != nullptr ? std::filesystem::path{set}
                          : std::filesystem::path{MC_SOURCE_DIR}.parent_path() / "shared";
}

}  // namespace margincall::test
