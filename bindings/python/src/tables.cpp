// Table: a table of src/frame. Arrow capsules and numpy views share its memory and keep it alive.
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <vector>

#include "bindings.hpp"
#include "frame/arrow_export.hpp"

namespace margincall::python {
namespace {

namespace nb = nanobind;

// A struct of the C data interface in a capsule. Who takes it moves it out (release becomes null); what nobody took
// goes with the capsule.
template <class Struct, class Fill>
nb::object capsule_of(const char* name, const Fill& fill) {
    auto made = std::make_unique<Struct>();
    fill(made.get());
    nb::object out = nb::steal(PyCapsule_New(made.get(), name, [](PyObject* capsule) {
        auto* const held =
            static_cast<Struct*>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
        if (held->release != nullptr) {
            held->release(held);
        }
        delete held;
    }));
    if (!out.is_valid()) {
        made->release(made.get());
        throw nb::python_error();
    }
    made.release();  // the capsule's now
    return out;
}

nb::object schema_capsule(const SharedTable& self) {
    return capsule_of<ArrowSchema>("arrow_schema",
                                   [&](ArrowSchema* out) { export_schema(*self.table, out); });
}

// What is asked for is a wish: every column is given as it is.
nb::tuple array_capsules(const SharedTable& self, const nb::object& /*requested_schema*/) {
    nb::object array = capsule_of<ArrowArray>(
        "arrow_array", [&](ArrowArray* out) { export_array(self.table, out); });
    return nb::make_tuple(schema_capsule(self), array);
}

nb::object stream_capsule(const SharedTable& self, const nb::object& /*requested_schema*/) {
    return capsule_of<ArrowArrayStream>(
        "arrow_array_stream", [&](ArrowArrayStream* out) { export_stream(self.table, out); });
}

const Column& column_of(const SharedTable& self, std::string_view name) {
    const Column* const column = self.table->find(name);
    if (column == nullptr) {
        throw nb::key_error(std::string{name}.c_str());
    }
    return *column;
}

// A read-only array on the column's own memory.
template <class T>
nb::object shared_view(const Column& column) {
    auto* const owner = new std::shared_ptr<const void>(column.owner);
    const nb::capsule keep(
        owner, [](void* held) noexcept { delete static_cast<std::shared_ptr<const void>*>(held); });
    return nb::cast(nb::ndarray<nb::numpy, const T, nb::ndim<1>>(
        static_cast<const T*>(column.values), {static_cast<std::size_t>(column.rows)}, keep));
}

nb::object known_flags(const Column& column, const auto& flag) {
    auto flags = std::make_unique<std::vector<std::uint8_t>>(static_cast<std::size_t>(column.rows));
    for (std::int64_t row = 0; row < column.rows; ++row) {
        (*flags)[static_cast<std::size_t>(row)] = flag(row) ? 1 : 0;
    }
    std::vector<std::uint8_t>* const held = flags.release();
    const nb::capsule keep(
        held, [](void* p) noexcept { delete static_cast<std::vector<std::uint8_t>*>(p); });
    static_assert(sizeof(bool) == 1);
    return nb::cast(nb::ndarray<nb::numpy, bool, nb::ndim<1>>(
        held->data(), {static_cast<std::size_t>(column.rows)}, keep));
}

nb::object texts_of(const Column& column) {
    nb::list out;
    for (std::int64_t row = 0; row < column.rows; ++row) {
        if (column.is_known(row)) {
            const std::string_view text = column.text_at(row);
            out.append(nb::str(text.data(), text.size()));
        } else {
            out.append(nb::none());
        }
    }
    return out;
}

// int64, double and time as numpy shares them; booleans unpacked; of words their numbers; texts as a list.
nb::object raw_values(const SharedTable& self, std::string_view name) {
    const Column& column = column_of(self, name);
    switch (column.type) {
        case ColumnType::int64:
        case ColumnType::time:
            return shared_view<std::int64_t>(column);
        case ColumnType::real:
            return shared_view<double>(column);
        case ColumnType::word:
            return shared_view<std::int32_t>(column);
        case ColumnType::boolean:
            return known_flags(column, [&](std::int64_t row) { return column.bool_at(row); });
        case ColumnType::text:
            return texts_of(column);
    }
    return nb::none();
}

nb::object known_mask(const SharedTable& self, std::string_view name) {
    const Column& column = column_of(self, name);
    if (column.known == nullptr) {
        return nb::none();
    }
    return known_flags(column, [&](std::int64_t row) { return column.is_known(row); });
}

nb::object words_of_column(const SharedTable& self, std::string_view name) {
    const Column& column = column_of(self, name);
    return column.words != nullptr ? texts_of(*column.words) : nb::none();
}

template <class Get>
nb::list each_column(const SharedTable& self, const Get& get) {
    nb::list out;
    for (const Column& column : self.table->columns()) {
        const std::string_view text = get(column);
        out.append(nb::str(text.data(), text.size()));
    }
    return out;
}

}  // namespace

void bind_tables(nb::module_& module) {
    nb::class_<SharedTable>(
        module, "Table", "Columns in memory as Arrow has them; margincall.Table wraps it.")
        .def_prop_ro("name", [](const SharedTable& self) { return self.table->name(); })
        .def_prop_ro("num_rows", [](const SharedTable& self) { return self.table->rows(); })
        .def_prop_ro(
            "column_names",
            [](const SharedTable& self) {
                return each_column(
                    self, [](const Column& c) -> std::string_view { return c.about.name; });
            },
            nb::sig("def column_names(self) -> list[str]"))
        .def_prop_ro(
            "column_units",
            [](const SharedTable& self) {
                return each_column(
                    self, [](const Column& c) -> std::string_view { return c.about.unit; });
            },
            nb::sig("def column_units(self) -> list[str]"))
        .def_prop_ro(
            "column_meanings",
            [](const SharedTable& self) {
                return each_column(
                    self, [](const Column& c) -> std::string_view { return c.about.meaning; });
            },
            nb::sig("def column_meanings(self) -> list[str]"))
        .def_prop_ro(
            "column_types",
            [](const SharedTable& self) {
                return each_column(self, [](const Column& c) { return column_type_name(c.type); });
            },
            nb::sig("def column_types(self) -> list[str]"))
        .def(
            "values",
            [](const SharedTable& self, const std::string& name) { return raw_values(self, name); },
            nb::arg("name"),
            nb::sig("def values(self, name: str) -> typing.Any"),
            "The values of a column: a read-only numpy view, or a list of texts.")
        .def(
            "known",
            [](const SharedTable& self, const std::string& name) { return known_mask(self, name); },
            nb::arg("name"),
            nb::sig("def known(self, name: str) -> typing.Any"),
            "Which rows have a value; None when all do.")
        .def(
            "words",
            [](const SharedTable& self, const std::string& name) {
                return words_of_column(self, name);
            },
            nb::arg("name"),
            nb::sig("def words(self, name: str) -> list[str] | None"),
            "The texts that the numbers of a word column stand for.")
        .def(
            "__arrow_c_schema__", schema_capsule, nb::sig("def __arrow_c_schema__(self) -> object"))
        .def("__arrow_c_array__",
             array_capsules,
             nb::arg("requested_schema").none() = nb::none(),
             nb::sig("def __arrow_c_array__(self, requested_schema: object | None = None) -> "
                     "tuple[object, object]"))
        .def("__arrow_c_stream__",
             stream_capsule,
             nb::arg("requested_schema").none() = nb::none(),
             nb::sig(
                 "def __arrow_c_stream__(self, requested_schema: object | None = None) -> object"));
}

}  // namespace margincall::python
