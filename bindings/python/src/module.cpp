#include "bindings.hpp"

NB_MODULE(_core, module) {
    using namespace margincall::python;
    // Worlds that are globals of a script live until after the module goes; that is no leak.
    nanobind::set_leak_warnings(false);
    module.doc() = "Margincall's core; use the package `margincall`.";
    bind_errors(module);
    bind_tables(module);
    bind_scenario(module);
    bind_run(module);
    bind_sweep(module);
    bind_world(module);
}
