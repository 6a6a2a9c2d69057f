// One function for each part of the module; each registers its classes and functions.
#pragma once

#include <nanobind/nanobind.h>

namespace margincall::python {

void bind_errors(nanobind::module_& module);    // errors.cpp: ScenarioError and its translation
void bind_tables(nanobind::module_& module);    // tables.cpp: Table, the Arrow C interface
void bind_scenario(nanobind::module_& module);  // scenario.cpp: compiling
void bind_run(nanobind::module_& module);       // run.cpp: one world, finished folders, the command line
void bind_sweep(nanobind::module_& module);     // sweep.cpp: many worlds, their folder
void bind_world(nanobind::module_& module);     // world.cpp: a world by hand, agents in Python

}  // namespace margincall::python
