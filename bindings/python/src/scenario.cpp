#include "bindings.hpp"

namespace margincall::python {

void bind_scenario(nanobind::module_& /*module*/) {}

}  // namespace margincall::python
