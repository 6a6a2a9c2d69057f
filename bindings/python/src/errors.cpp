#include "base/check.hpp"
#include "bindings.hpp"
#include "scenario/error_text.hpp"

namespace margincall::python {
namespace {

namespace nb = nanobind;

void set_python_error(const char* type, const nb::list& errors, const std::string& text) {
    const nb::object made = nb::module_::import_("margincall.errors").attr(type)(errors, text);
    PyErr_SetObject(made.type().ptr(), made.ptr());
}

void translate(const std::exception_ptr& problem, void* /*payload*/) {
    try {
        std::rethrow_exception(problem);
    } catch (const Problems& found) {
        set_python_error(found.of() == Problems::Of::scenario ? "ScenarioError" : "MargincallError",
                         error_dicts(found.errors()),
                         found.text());
    } catch (const CheckFailure& failure) {
        Error error;
        error.code = "internal";
        error.message = failure.what();
        error.hint = "a bug of the program; what it computed is lost, the interpreter goes on";
        set_python_error("MargincallError", error_dicts({error}), error_text(error));
    }
}

Error error_without_place(std::string code, std::string message, std::string hint) {
    Error error;
    error.code = std::move(code);
    error.message = std::move(message);
    error.hint = std::move(hint);
    return error;
}

}  // namespace

Problems::Problems(Errors errors, Of of) : errors_(std::move(errors)), of_(of) {
    for (const Error& error : errors_) {
        text_ += error_text(error);
    }
    if (text_.ends_with('\n')) {
        text_.pop_back();
    }
}

Problems::Problems(std::string code, std::string message, std::string hint)
    : Problems(error_without_place(std::move(code), std::move(message), std::move(hint))) {}

nb::list error_dicts(const Errors& errors) {
    nb::list out;
    for (const Error& error : errors) {
        nb::dict row;
        row["kind"] = error.warning ? "warning" : "error";
        row["file"] = error.file.c_str();
        row["line"] = error.line;
        row["column"] = error.column;
        row["code"] = error.code.c_str();
        row["message"] = error.message.c_str();
        row["allowed"] = error.allowed.c_str();
        row["hint"] = error.hint.c_str();
        row["more"] = error.more;
        row["text"] = error_text(error).c_str();
        out.append(row);
    }
    return out;
}

ChecksThrow::ChecksThrow() : before_(check_context().throws) {
    check_context().throws = true;
}
ChecksThrow::~ChecksThrow() {
    check_context().throws = before_;
}

void bind_errors(nb::module_& module) {
    nb::register_exception_translator(translate, nullptr);
    // What a bug of the core looks like from Python, for the tests.
    module.def("_fail_check", [] {
        const ChecksThrow checks;
        CHECK_EQ(1, 2);
    });
}

}  // namespace margincall::python
