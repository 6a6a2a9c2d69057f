#include "desk/pseudonyms.hpp"

#include <fmt/format.h>

#include <bit>
#include <map>
#include <unordered_set>

namespace margincall::inline desk {
namespace {

std::uint64_t little_endian(std::string_view bytes) {
    std::uint64_t out = 0;
    for (std::size_t k = 0; k < bytes.size(); ++k) {
        out |= std::uint64_t{static_cast<unsigned char>(bytes[k])} << (8 * k);
    }
    return out;
}

struct SipState {
    std::uint64_t v0, v1, v2, v3;
    void round() {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void take(std::uint64_t word) {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
};

// Names of one output: different ids have different ones.
class PseudonymMaker {
  public:
    explicit PseudonymMaker(std::string_view salt) : key_(sip_key(salt)) {}

    std::string name(const char* kind, const std::string& id) {
        std::uint64_t hash = sip_hash(key_, kind + id);
        while (true) {
            std::string out = fmt::format("{}-{:015x}", kind, hash >> 4U);
            if (taken_.insert(out).second) {
                return out;
            }
            hash = sip_hash(key_, out + id);
        }
    }

  private:
    SipKey key_;
    std::unordered_set<std::string> taken_;  // looked up only
};

}  // namespace

std::uint64_t sip_hash(SipKey key, std::string_view text) {
    SipState s{key.low ^ 0x736f6d6570736575ULL,
               key.high ^ 0x646f72616e646f6dULL,
               key.low ^ 0x6c7967656e657261ULL,
               key.high ^ 0x7465646279746573ULL};
    const std::size_t length = text.size();
    while (text.size() >= 8) {
        s.take(little_endian(text.substr(0, 8)));
        text.remove_prefix(8);
    }
    s.take(little_endian(text) | (static_cast<std::uint64_t>(length) << 56U));
    s.v2 ^= 0xff;
    for (int k = 0; k < 4; ++k) {
        s.round();
    }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

SipKey sip_key(std::string_view salt) {
    const SipKey fixed{0x6d617267696e6361ULL, 0x6c6c2d7374726573ULL};
    return {sip_hash(fixed, salt), sip_hash({fixed.high, fixed.low}, salt)};
}

void pseudonymise(AccountBook& book, std::string_view salt) {
    PseudonymMaker names(salt);
    for (std::string& group : book.groups) {
        group = names.name("grp", group);
    }
    for (BookAccount& account : book.accounts) {
        account.id = names.name("acc", account.id);
    }
}

void pseudonymise(LendingBook& book, std::string_view salt) {
    PseudonymMaker names(salt);
    std::map<std::string, std::string> given;  // an id may be at several markets
    for (LendingAccount& account : book.accounts) {
        std::string& name = given[account.id];
        if (name.empty()) {
            name = names.name("acc", account.id);
        }
        account.id = name;
    }
}

}  // namespace margincall::inline desk
