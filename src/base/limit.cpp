#include "base/limit.hpp"

namespace margincall::inline base {

bool holds(const Limit& limit, double figure) {
    switch (limit.kind) {
        case LimitKind::below:
            return figure < limit.value;
        case LimitKind::at_most:
            return figure <= limit.value;
        case LimitKind::at_least:
            return figure >= limit.value;
        case LimitKind::above:
            return figure > limit.value;
    }
    return false;
}

std::string named_text(const Limit& limit) {
    return limit.name.empty() ? limit.text : limit.name + ": " + limit.text;
}

}  // namespace margincall::inline base
