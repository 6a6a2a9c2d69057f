#include "bindings.hpp"

namespace margincall::python {

void bind_run(nanobind::module_& /*module*/) {}

}  // namespace margincall::python
