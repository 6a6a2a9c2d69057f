#include "rules/shortage.hpp"

#include <algorithm>

namespace margincall::inline rules {
namespace {

constexpr i128 price_one = 1'000'000;
constexpr i128 fee_one = 1'000'000;
constexpr i128 quote_one = 1'000'000;
constexpr i128 base_one = 1'000'000'000;
constexpr i128 weight_one = 10'000;
constexpr i128 share_one = 10'000;
constexpr i128 fee_per_margin = 100;  // a margin ratio (1e-4) in units of fees (1e-6)
constexpr i128 weight_grain = 10;     // the chain's extra digit on weights
constexpr i128 small_shortage = 50 * quote_one;
constexpr i128 fee_slots = 1'500;      // slots without a rise of the liquidator's fee
constexpr i128 widest_gap = 33;        // funding: gap at most oracle / 33
constexpr i128 funding_scale = 1'000;  // 1e-6 to 1e-9
constexpr i128 day_seconds = 86'400;

i128 product(i128 a, i128 b) {
    return checked_mul<i128>(a, b);
}

// Toward zero, as the chain divides.
i128 quotient(i128 a, i128 b) {
    return a < 0 ? -div_round(-a, b, Round::down) : div_round(a, b, Round::down);
}

i128 power_of_ten(int exponent) {
    i128 out = 1;
    for (int n = 0; n < exponent; ++n) {
        out = product(out, 10);
    }
    return out;
}

// Terms that turn an amount of `from` decimals into one of `to`.
struct Scale {
    i128 up, down;
};
Scale decimals(int from, int to) {
    return {power_of_ten(std::max(0, to - from)), power_of_ten(std::max(0, from - to))};
}

}  // namespace

std::optional<i128> base_to_cover(const ShortageCover& c) {
    const i128 ratio = c.margin_ratio * fee_per_margin;
    if (c.price == 0 || ratio <= c.liquidator_fee) {
        return std::nullopt;
    }
    const i128 in_quote = quotient(product(c.price, c.quote_price), price_one);
    const i128 freed = quotient(product(in_quote, ratio - c.liquidator_fee), fee_one);
    const i128 lost = quotient(product(c.price, c.fund_fee), fee_one);
    if (freed <= lost) {
        return std::nullopt;
    }
    return quotient(product(c.shortage, base_one), freed - lost);
}

i128 fund_fee(const ShortageCover& c, i128 base_amount, i128 cap) {
    const i128 ratio = c.margin_ratio * fee_per_margin;
    if (c.price == 0 || c.quote_price == 0 || base_amount == 0 || ratio <= c.liquidator_fee) {
        return 0;
    }
    const i128 in_quote = quotient(product(c.price, c.quote_price), price_one);
    const i128 per_base = quotient(product(c.shortage, base_one), base_amount);
    const i128 short_share = quotient(product(per_base, price_one), in_quote);
    const i128 left = std::max<i128>(0, ratio - c.liquidator_fee - short_share);
    return std::min(cap, quotient(product(left, 19), 20));
}

i128 liquidator_fee(i128 base, i128 highest, i128 slots, i128 increase_per_slot) {
    if (slots < fee_slots) {
        return base;
    }
    return std::min(highest, base + product(slots, increase_per_slot));
}

i128 call_share(const CallShare& c) {
    if (c.shortage < small_shortage) {
        return share_one;
    }
    const i128 grown = c.duration_slots == 0
                           ? share_one
                           : quotient(product(c.elapsed_slots, share_one), c.duration_slots);
    const i128 share = std::min(share_one, grown + c.initial);
    const i128 most = quotient(product(c.shortage + c.freed_before, share), share_one);
    const i128 now = std::max<i128>(0, most - c.freed_before);
    return quotient(product(now, share_one), c.shortage);
}

std::optional<i128> liability_to_cover(i128 shortage,
                                       const SpotSide& asset,
                                       const SpotSide& liability,
                                       i128 fee) {
    const i128 owed = product(liability.weight, weight_grain);
    const i128 counted = quotient(product(product(asset.weight, weight_grain), asset.multiplier),
                                  liability.multiplier);
    const i128 freed = product(liability.price, owed - counted);
    const i128 lost = product(quotient(product(liability.price, fee), fee_one), owed);
    if (freed <= lost) {
        return std::nullopt;
    }
    const Scale scale = decimals(6, liability.decimals);
    const i128 money = product(product(shortage, scale.up), price_one * weight_one * weight_grain);
    return quotient(quotient(money, freed - lost), scale.down);
}

i128 asset_for_liability(const SpotSide& asset, const SpotSide& liability) {
    const Scale scale = decimals(liability.decimals, asset.decimals);
    const i128 money =
        product(product(product(liability.amount, scale.up), liability.price), asset.multiplier);
    const i128 transfer =
        quotient(quotient(money, product(asset.price, liability.multiplier)), scale.down);
    const i128 gap = transfer > asset.amount ? transfer - asset.amount : asset.amount - transfer;
    const Scale to_quote = decimals(asset.decimals, 6);
    const i128 worth = quotient(
        product(quotient(product(gap, asset.price), price_one), to_quote.up), to_quote.down);
    return worth < quote_one ? asset.amount : transfer;
}

i128 liability_for_asset(const SpotSide& asset, const SpotSide& liability) {
    const Scale scale = decimals(asset.decimals, liability.decimals);
    const i128 money =
        product(product(product(asset.amount, scale.up), asset.price), liability.multiplier);
    const i128 whole = div_round(money, product(liability.price, asset.multiplier), Round::up);
    return div_round(whole, scale.down, Round::up);
}

i128 funding_move_for_loss(i128 loss, i128 base_long, i128 base_short) {
    const i128 open = magnitude(base_long) + magnitude(base_short);
    CHECK(open > 0);
    return product(div_round(product(magnitude(loss), base_one), open, Round::up), funding_scale);
}

i128 deposit_index_fall(i128 index, i128 loss, i128 deposits) {
    if (deposits <= 0) {
        return 0;
    }
    return div_round(product(index, loss), deposits, Round::up);
}

i128 twap_gap_funding(i128 mark_twap, i128 oracle_twap, i128 period_seconds) {
    const i128 widest = quotient(oracle_twap, widest_gap);
    const i128 gap = std::clamp(mark_twap - oracle_twap, -widest, widest);
    const i128 periods = std::max<i128>(1, quotient(day_seconds, period_seconds));
    return quotient(product(gap, funding_scale), periods);
}

}  // namespace margincall::inline rules
