#include "bindings.hpp"

namespace margincall::python {

void bind_tables(nanobind::module_& /*module*/) {}

}  // namespace margincall::python
