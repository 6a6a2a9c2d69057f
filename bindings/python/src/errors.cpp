#include "bindings.hpp"

namespace margincall::python {

void bind_errors(nanobind::module_& /*module*/) {}

}  // namespace margincall::python
