#include "bindings.hpp"

namespace margincall::python {

void bind_sweep(nanobind::module_& /*module*/) {}

}  // namespace margincall::python
