#include "bindings.hpp"

namespace margincall::python {

void bind_world(nanobind::module_& /*module*/) {}

}  // namespace margincall::python
