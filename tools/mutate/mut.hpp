// Switches of tools/mutate.py: every changed place asks here whether its change is the one that
// MC_MUTANT names. MC_MUTANT=-1 changes nothing and notes which places were asked. Put before every
// mutated copy by the script; no source file includes it.
#pragma once

#include <algorithm>
#include <functional>
#include <type_traits>

#include "base/integer.hpp"

namespace mut {

// Set once at the start, before the constants of any file.
struct Switch {
    Switch();
    int id;
    unsigned char* seen;  // by id; shared with the processes that a test forks
};
extern Switch active;

// Nothing here is constexpr: a constant that the compiler folds could not be changed.
[[nodiscard]] inline bool on(int id) {
    if (active.id < 0) {
        active.seen[id] = 1;
    }
    return active.id == id;
}

// One operator in place of another: `a < b` becomes `a < op(7, std::less_equal<>{}) > b`, which has
// the same precedence; likewise `a + b` and `a == b`. Assignments are read from the right.
template <class Left, class Plain, class Changed>
struct Held {
    Left left;
    int id;
    template <class R>
    auto result(R&& right) const {
        return on(id) ? Changed{}(left, right) : Plain{}(left, right);
    }
};
template <class Plain, class Changed>
struct Op {
    int id;
};
template <class Plain, class Changed>
Op<Plain, Changed> op(int id) {
    return {id};
}
template <class A, class B, class F>
concept Works = requires(A a, B b) {
    F{}(a, b);
};

#define MUT_OPEN(SIGN)                                  \
    template <class L, class P, class C>                \
    Held<L, P, C> operator SIGN(L&& left, Op<P, C> o) { \
        return {left, o.id};                            \
    }
#define MUT_CLOSE(SIGN)                                   \
    template <class L, class P, class C, class R>         \
    requires Works<L, R, P> && Works<L, R, C>             \
    auto operator SIGN(Held<L, P, C>&& held, R&& right) { \
        return held.result(right);                        \
    }
MUT_OPEN(<)
MUT_CLOSE(>)
MUT_OPEN(==)
MUT_CLOSE(==)
MUT_OPEN(+)
MUT_CLOSE(+)
#undef MUT_OPEN
#undef MUT_CLOSE

struct Assign {
    int id;
};
template <class R>
struct Term {
    int id;
    R right;
};
template <class R>
Term<R> operator+=(Assign a, R&& right) {
    return {a.id, right};
}
template <class R>
Term<R> operator-=(Assign a, R&& right) {
    return {a.id, right};
}
template <class L, class R>
requires requires(L l, R r) {
    l -= r;
}
L& operator+=(L& left, Term<R> t) {
    return on(t.id) ? left -= t.right : left += t.right;
}
template <class L, class R>
requires requires(L l, R r) {
    l += r;
}
L& operator-=(L& left, Term<R> t) {
    return on(t.id) ? left += t.right : left -= t.right;
}

template <class F>
bool and_or(int id, bool left, F right) {  // `left && right` turned into `||`
    return on(id) ? left || right() : left && right();
}
template <class F>
bool or_and(int id, bool left, F right) {
    return on(id) ? left && right() : left || right();
}

template <class T>
T lit(int id, T plain, std::type_identity_t<T> changed) {
    return on(id) ? changed : plain;
}
inline margincall::Round round(int id, margincall::Round plain) {
    using margincall::Round;
    return on(id) ? (plain == Round::up ? Round::down : Round::up) : plain;
}

// std::min(a, b) <-> std::max(a, b)
template <class T>
struct Extreme {
    int id;
    bool least;
    template <class A, class B>
    auto operator()(const A& a, const B& b) const {
        using C = std::conditional_t<std::is_void_v<T>, A, T>;
        static_assert(!std::is_void_v<T> || std::is_same_v<A, B>);
        const C x(a);
        const C y(b);
        return on(id) != least ? std::min(x, y) : std::max(x, y);
    }
    template <class A>
    A operator()(std::initializer_list<A> all) const {
        return on(id) != least ? std::min(all) : std::max(all);
    }
};
template <class T = void>
Extreme<T> least(int id) {
    return {id, true};
}
template <class T = void>
Extreme<T> most(int id) {
    return {id, false};
}

}  // namespace mut
