// Compiling a scenario, and what a compiled one says of itself.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <span>
#include <vector>

#include "bindings.hpp"
#include "cli/report_problems.hpp"
#include "plan/world_size.hpp"
#include "scenario/builtin.hpp"
#include "scenario/document.hpp"

namespace margincall::python {
namespace {

namespace nb = nanobind;

SharedScenario share(std::expected<Compiled, Errors> compiled, std::string file) {
    if (!compiled) {
        Errors errors = std::move(compiled.error());
        const auto of = exit_code_of(errors) == ExitCode::scenario ? Problems::Of::scenario
                                                                   : Problems::Of::other;
        throw Problems(std::move(errors), of);
    }
    return {std::make_shared<const Compiled>(std::move(*compiled)), std::move(file)};
}

SharedScenario compile_path(const std::string& path, const Overrides& overrides) {
    const nb::gil_scoped_release free;
    const ChecksThrow checks;
    return share(compile_scenario(path, overrides), path);
}

SharedScenario compile_source(const std::string& text,
                              const std::string& name,
                              const std::string& directory,
                              const Overrides& overrides) {
    const nb::gil_scoped_release free;
    const ChecksThrow checks;
    return share(compile_text(text, name, directory, overrides), name);
}

nb::object python_of(const Node& node) {
    switch (node.kind) {
        case NodeKind::table: {
            nb::dict out;
            for (const auto& [key, value] : node.members) {
                out[key.c_str()] = python_of(value);
            }
            return out;
        }
        case NodeKind::array: {
            nb::list out;
            for (const Node& item : node.items) {
                out.append(python_of(item));
            }
            return out;
        }
        case NodeKind::text:
            return nb::str(node.text.data(), node.text.size());
        case NodeKind::integer:
            return nb::int_(node.integer);
        case NodeKind::real:
            return nb::float_(node.real);
        case NodeKind::boolean:
            return nb::bool_(node.boolean);
        case NodeKind::time: {
            const nb::module_ datetime = nb::module_::import_("datetime");
            return datetime.attr("datetime")
                .attr("fromtimestamp")(node.integer, datetime.attr("timezone").attr("utc"));
        }
    }
    return nb::none();
}

// The resolved scenario as dicts, lists and values; figures are dicts with `value` and `source`.
nb::object resolved_tree(const SharedScenario& self) {
    Errors ignored;  // the text compiled
    const Document document =
        load_document_text(self.compiled->resolved, "resolved.toml", ".", {}, ignored);
    return python_of(document.root);
}

nb::list builtin_names() {
    nb::list out;
    for (const BuiltinFile& file : builtin_files()) {
        if (file.path.find('/') == std::string_view::npos && file.path.ends_with(".toml")) {
            out.append(nb::str(file.path.data(), file.path.size() - 5));
        }
    }
    return out;
}

}  // namespace

void bind_scenario(nb::module_& module) {
    nb::class_<SharedScenario>(
        module, "Compiled", "A checked scenario; margincall.Scenario holds one.")
        .def_ro("file", &SharedScenario::file)
        .def_prop_ro("resolved", [](const SharedScenario& self) { return self.compiled->resolved; })
        .def_prop_ro("original", [](const SharedScenario& self) { return self.compiled->original; })
        .def_prop_ro("hash",
                     [](const SharedScenario& self) { return self.compiled->plan.scenario_hash; })
        .def_prop_ro("name", [](const SharedScenario& self) { return self.compiled->plan.name; })
        .def_prop_ro("title",
                     [](const SharedScenario& self) { return shown_title(self.compiled->plan); })
        .def_prop_ro("about", [](const SharedScenario& self) { return self.compiled->plan.about; })
        .def_prop_ro("size",
                     [](const SharedScenario& self) {
                         return std::string{world_size_name(self.compiled->plan.size)};
                     })
        .def_prop_ro("seed", [](const SharedScenario& self) { return self.compiled->plan.seed; })
        .def_prop_ro("paths", [](const SharedScenario& self) { return self.compiled->plan.paths; })
        .def_prop_ro("start_unix_s",
                     [](const SharedScenario& self) { return self.compiled->plan.start_unix_s; })
        .def_prop_ro("length_ns",
                     [](const SharedScenario& self) { return self.compiled->plan.length.raw(); })
        .def(
            "warnings",
            [](const SharedScenario& self) { return error_dicts(self.compiled->warnings); },
            nb::sig("def warnings(self) -> list[dict[str, typing.Any]]"))
        .def("tree",
             resolved_tree,
             nb::sig("def tree(self) -> dict[str, typing.Any]"),
             "The resolved scenario as nested dicts.");
    module.def("compile_path", compile_path, nb::arg("path"), nb::arg("overrides"));
    module.def("compile_text",
               compile_source,
               nb::arg("text"),
               nb::arg("name"),
               nb::arg("directory"),
               nb::arg("overrides"));
    module.def("builtin_names",
               builtin_names,
               nb::sig("def builtin_names() -> list[str]"),
               "The shipped scenarios.");
}

}  // namespace margincall::python
