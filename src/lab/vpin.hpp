// Volume-synchronised probability of informed trading (Easley, López de Prado and O'Hara 2012, "Flow toxicity and
// liquidity in a high-frequency world"): mean over buckets of equal volume of the absolute difference of what takers
// bought and sold, over the bucket. The sides are those of the trades; a minute is divided where a bucket ends.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>

namespace margincall::inline lab {

// One minute's volume and takers' net, USD.
struct MinuteFlow {
    double volume = 0, net = 0;
};

class VolumeBuckets {
  public:
    // `bucket`: USD, above 0. The last `kept` buckets count.
    VolumeBuckets(double bucket, std::size_t kept) : bucket_(bucket), kept_(kept) {}
    void add(const MinuteFlow& minute);
    [[nodiscard]] std::size_t full() const { return imbalances_.size(); }  // kept at the most
    [[nodiscard]] double mean() const;                                     // of them; one or more

  private:
    double bucket_ = 1.0;
    std::size_t kept_ = 0;
    std::deque<double> imbalances_;  // share of a bucket
    double filled_ = 0.0, net_ = 0.0;
};

// Mean of the last `count` buckets; nothing before there are as many.
[[nodiscard]] std::optional<double> vpin(std::span<const MinuteFlow> flow,
                                         double bucket,
                                         std::size_t count);

}  // namespace margincall::inline lab
