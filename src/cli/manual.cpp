#include "cli/manual.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <array>
#include <map>

#include "base/version.hpp"

namespace margincall::inline cli {
namespace {

// An option, flag or positional, as much of it as a page or a shell needs.
struct ManualWord {
    std::vector<std::string> short_names, long_names;  // without dashes
    std::string value;                                 // KEY=VALUE; empty: a flag
    std::vector<std::string> choices;                  // the only values it takes
    std::string what, environment;

    [[nodiscard]] bool is_file() const { return value == "FILE" || value == "DIR"; }
};

struct ManualCommand {
    std::string name;  // as typed: "sweep status"; empty for the program itself
    std::string what;
    std::vector<std::string> positionals;
    std::vector<ManualWord> options;

    [[nodiscard]] std::string outer() const { return name.substr(0, name.find(' ')); }
    [[nodiscard]] std::string inner() const {
        return name.contains(' ') ? name.substr(name.find(' ') + 1) : std::string{};
    }
};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

ManualWord word_of(const CLI::Option& option) {
    ManualWord word;
    word.short_names = option.get_snames();
    word.long_names = option.get_lnames();
    word.what = option.get_description();
    word.environment = option.get_envname();
    if (option.get_items_expected_max() == 0) {
        return word;
    }
    // "TEXT:{auto,bar}" where values are checked against a list.
    const std::string type = option.get_type_name();
    const std::size_t open = type.find('{');
    if (open != std::string::npos) {
        word.choices = CLI::detail::split(type.substr(open + 1, type.find('}') - open - 1), ',');
        word.value = fmt::format("{}", fmt::join(word.choices, "|"));
    } else {
        word.value = type.substr(0, type.find(':'));
        word.value = word.value == "TEXT"                            ? "WORD"
                     : word.value == "UINT" || word.value == "FLOAT" ? "NUMBER"
                                                                     : word.value;
    }
    return word;
}

void append_commands(const CLI::App& app,
                     const std::string& name,
                     std::vector<ManualCommand>& out) {
    ManualCommand command{
        .name = name, .what = app.get_description(), .positionals = {}, .options = {}};
    for (const CLI::Option* const option : app.get_options()) {
        if (option->get_positional()) {
            const bool several = option->get_items_expected_max() > 1;
            command.positionals.push_back(CLI::detail::to_lower(option->get_name(true)) +
                                          (several ? "..." : ""));
            command.options.push_back(
                {{}, {}, command.positionals.back(), {}, option->get_description(), {}});
        } else {
            command.options.push_back(word_of(*option));
        }
    }
    out.push_back(std::move(command));
    for (const CLI::App* const inner : app.get_subcommands({})) {
        if (!inner->get_group().empty()) {
            append_commands(
                *inner, name.empty() ? inner->get_name() : name + " " + inner->get_name(), out);
        }
    }
}

bool is_positional(const ManualWord& word) {
    return word.short_names.empty() && word.long_names.empty();
}

std::vector<std::string> names_of(const ManualWord& word) {
    std::vector<std::string> names;
    for (const std::string& one : word.short_names) {
        names.push_back("-" + one);
    }
    for (const std::string& one : word.long_names) {
        names.push_back("--" + one);
    }
    return names;
}

// --- the page ----------------------------------------------------------------------------------------

// Text as roff prints it: dashes that can be copied, no line that is a request.
std::string roff(std::string text) {
    text = replaced(std::move(text), "\\", "\\e");
    text = replaced(std::move(text), "-", "\\-");
    text = replaced(std::move(text), "'", "\\(aq");
    return text.starts_with('.') ? "\\&" + text : text;
}

// The first letter large and a full stop, where that is what a page has.
std::string sentence(std::string text) {
    if (text.size() > 1 && text[0] >= 'a' && text[0] <= 'z' && (text[1] == ' ' || text[1] >= 'a')) {
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    }
    return text + ".";
}

// Held to the table of docs/command-line.md by a test.
constexpr std::array<std::pair<int, const char*>, 10> exit_codes = {{
    {0, "done"},
    {1, "internal error"},
    {2, "wrong command line, or wrong SQL"},
    {3, "scenario not valid"},
    {4, "a file is missing or damaged"},
    {5, "a condition of --fail-if holds"},
    {6, "interrupted; what was simulated is kept"},
    {7, "verify found a difference, or a benchmark's answer is wrong"},
    {9, "worlds of a sweep, of many paths or of the gates failed"},
    {10,
     "out of memory, disk full, a folder that cannot be written, or standard output that takes "
     "nothing"},
}};

std::string page(const std::vector<ManualCommand>& commands) {
    std::string out = fmt::format(
        ".\\\" Written by `margincall manual page`.\n"
        ".TH MARGINCALL 1 \"\" \"margincall {}\" \"User Commands\"\n"
        ".SH NAME\nmargincall \\- stress lab for leveraged crypto markets\n"
        ".SH SYNOPSIS\n.B margincall\n.I command\n.RI [ options ]\n"
        ".SH DESCRIPTION\n"
        "Simulates a crash of leveraged markets order by order: venues with order books and their "
        "own margin\n"
        "rules, leveraged accounts, market makers, liquidations, insurance funds, "
        "auto\\-deleveraging, and beside\n"
        "them a chain with lending, pools and a synthetic dollar. Prices are never an input. A "
        "scenario is a TOML\n"
        "file;\n.B margincall new\nwrites one to start from and\n.B margincall explain\n"
        "says what a key means. A run leaves one folder with a report that opens offline.\n"
        ".PP\nFiles that a scenario names as\n.I builtin/...\nare inside the program.\n"
        ".SH COMMANDS\n",
        program_version);
    std::map<std::string, std::string> environment;
    for (const ManualCommand& command : commands) {
        if (command.name.empty()) {
            continue;
        }
        std::string arguments;
        for (const std::string& positional : command.positionals) {
            arguments += fmt::format(" \\fI{}\\fR", roff(positional));
        }
        out += fmt::format(".SS margincall {}{}\n{}\n",
                           roff(command.name),
                           arguments,
                           roff(sentence(command.what)));
        for (const ManualWord& word : command.options) {
            if (is_positional(word)) {
                out += fmt::format(
                    ".TP\n\\fI{}\\fR\n{}\n", roff(word.value), roff(sentence(word.what)));
                continue;
            }
            std::vector<std::string> names;
            for (const std::string& name : names_of(word)) {
                names.push_back(fmt::format("\\fB{}\\fR", roff(name)));
            }
            out +=
                fmt::format(".TP\n{}{}\n{}\n",
                            fmt::join(names, ", "),
                            word.value.empty() ? "" : fmt::format(" \\fI{}\\fR", roff(word.value)),
                            roff(sentence(word.what)));
            if (!word.environment.empty()) {
                environment.try_emplace(word.environment, "--" + word.long_names.front());
            }
        }
    }
    out += ".SH ENVIRONMENT\nA variable is what the option would be; the option wins.\n";
    for (const auto& [variable, option] : environment) {
        out += fmt::format(".TP\n\\fB{}\\fR\nAs \\fB{}\\fR.\n", roff(variable), roff(option));
    }
    out += ".SH EXIT STATUS\n";
    for (const auto& [code, what] : exit_codes) {
        out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", code, roff(sentence(what)));
    }
    return out;
}

// --- shells ------------------------------------------------------------------------------------------

std::vector<std::string> inner_commands(const std::vector<ManualCommand>& commands,
                                        const std::string& outer) {
    std::vector<std::string> names;
    for (const ManualCommand& command : commands) {
        if (outer.empty() ? !command.name.empty() && command.inner().empty()
                          : command.outer() == outer && !command.inner().empty()) {
            names.push_back(outer.empty() ? command.name : command.inner());
        }
    }
    return names;
}

// Where nothing is offered the shell's own completion of files follows (complete -o default).
std::string bash(const std::vector<ManualCommand>& commands) {
    std::vector<std::string> known;
    std::string cases;
    for (const ManualCommand& command : commands) {
        std::vector<std::string> words = command.name.contains(' ')
                                             ? std::vector<std::string>{}
                                             : inner_commands(commands, command.name);
        std::string values;
        for (const ManualWord& word : command.options) {
            const std::vector<std::string> names = names_of(word);
            words.insert(words.end(), names.begin(), names.end());
            if (!names.empty() && !word.value.empty()) {
                values += fmt::format("                {}) words=\"{}\" ;;\n",
                                      fmt::join(names, " | "),
                                      fmt::join(word.choices, " "));
            }
        }
        if (!command.name.empty()) {
            known.push_back(command.name.contains(' ') ? fmt::format("\"{}\"", command.name)
                                                       : fmt::format("\" {}\"", command.name));
        }
        cases += fmt::format("        {})\n            words=\"{}\"\n",
                             fmt::format("\"{}\"", command.name),
                             fmt::join(words, " "));
        if (!values.empty()) {
            cases += "            case $previous in\n" + values + "            esac\n";
        }
        cases += "            ;;\n";
    }
    return fmt::format(R"(# bash completion of margincall. Written by `margincall manual bash`.
_margincall() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} command="" words="" k
    for ((k = 1; k < COMP_CWORD; ++k)); do
        case "$command ${{COMP_WORDS[k]}}" in
            {})
                command=${{command:+$command }}${{COMP_WORDS[k]}}
                ;;
        esac
    done
    case $command in
{}    esac
    COMPREPLY=()
    if [[ -n $words ]] && [[ -n $current || $previous == --* || -z $command ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    fi
}}
complete -o default -o bashdefault -F _margincall margincall
)",
                       fmt::join(known, " | "),
                       cases);
}

// Inside single quotes, and inside the [] or after the : of zsh's specifications.
std::string in_single_quotes(const std::string& text) {
    return replaced(text, "'", "'\\''");
}
std::string zsh_text(std::string text) {
    for (const char* const special : {"\\", "[", "]", ":"}) {
        text = replaced(std::move(text), special, std::string{"\\"} + special);
    }
    return in_single_quotes(text);
}

std::string zsh_arguments(const ManualCommand& command, const std::string& indent) {
    std::string out = indent + "_arguments -s";
    for (const ManualWord& word : command.options) {
        for (const std::string& name : names_of(word)) {
            std::string action;
            if (!word.value.empty()) {
                action = fmt::format(":{}:{}",
                                     zsh_text(word.value),
                                     word.is_file() ? std::string{"_files"}
                                     : word.choices.empty()
                                         ? std::string{" "}
                                         : fmt::format("({})", fmt::join(word.choices, " ")));
            }
            out += fmt::format(" \\\n{}    '*{}[{}]{}'", indent, name, zsh_text(word.what), action);
        }
    }
    return out + fmt::format(" \\\n{}    '*:file:_files'\n", indent);
}

std::string zsh(const std::vector<ManualCommand>& commands) {
    std::string list, cases, top;
    for (const ManualCommand& command : commands) {
        if (command.name.empty()) {
            for (const ManualWord& word : command.options) {
                for (const std::string& name : names_of(word)) {
                    top += fmt::format(" \\\n        '(- *){}[{}]'", name, zsh_text(word.what));
                }
            }
            continue;
        }
        if (!command.inner().empty()) {
            continue;  // with the outer one, below
        }
        list += fmt::format("        '{}:{}'\n", command.name, zsh_text(command.what));
        cases += fmt::format("        {})\n", command.name);
        std::string inner_cases;
        std::string inner_list;
        for (const ManualCommand& inner : commands) {
            if (inner.outer() == command.name && !inner.inner().empty()) {
                inner_list += fmt::format(" '{}:{}'", inner.inner(), zsh_text(inner.what));
                inner_cases += fmt::format("                {})\n{}                    ;;\n",
                                           inner.inner(),
                                           zsh_arguments(inner, "                    "));
            }
        }
        if (inner_cases.empty()) {
            cases += zsh_arguments(command, "            ");
        } else {
            cases += fmt::format(
                "            local -a inner=({})\n"
                "            if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n"
                "                _describe command inner\n            fi\n"
                "            case $words[2] in\n{}                *)\n{}                    ;;\n"
                "            esac\n",
                inner_list,
                inner_cases,
                zsh_arguments(command, "                    "));
        }
        cases += "            ;;\n";
    }
    return fmt::format(R"(#compdef margincall
# zsh completion of margincall. Written by `margincall manual zsh`.
_margincall() {{
    local context state state_descr line
    typeset -A opt_args
    local -a commands=(
{}    )
    _arguments -C{} \
        '1:command:->command' '*::argument:->argument'
    if [[ $state == command ]]; then
        _describe command commands
        return
    fi
    case $line[1] in
{}    esac
}}
if [[ $funcstack[1] == _margincall ]]; then
    _margincall "$@"
else
    compdef _margincall margincall
fi
)",
                       list,
                       top,
                       cases);
}

std::string fish(const std::vector<ManualCommand>& commands) {
    std::string out = "# fish completion of margincall. Written by `margincall manual fish`.\n";
    for (const ManualCommand& command : commands) {
        std::string when = "__fish_use_subcommand";
        if (!command.name.empty()) {
            const std::string inner = command.inner();
            out += fmt::format("complete -c margincall -n '{}' -a {} -d '{}'\n",
                               inner.empty()
                                   ? std::string{"__fish_use_subcommand"}
                                   : fmt::format("__fish_seen_subcommand_from {}", command.outer()),
                               inner.empty() ? command.name : inner,
                               replaced(command.what, "'", "\\'"));
            when = fmt::format("__fish_seen_subcommand_from {}", command.outer());
            if (!inner.empty()) {
                when += fmt::format("; and __fish_seen_subcommand_from {}", inner);
            }
        }
        for (const ManualWord& word : command.options) {
            if (is_positional(word)) {
                continue;
            }
            std::string names;
            for (const std::string& name : word.short_names) {
                names += " -s " + name;
            }
            for (const std::string& name : word.long_names) {
                names += " -l " + name;
            }
            const std::string value =
                word.value.empty()     ? std::string{}
                : word.choices.empty() ? std::string{word.is_file() ? " -r" : " -x"}
                                       : fmt::format(" -x -a '{}'", fmt::join(word.choices, " "));
            out += fmt::format("complete -c margincall -n '{}'{}{} -d '{}'\n",
                               when,
                               names,
                               value,
                               replaced(word.what, "'", "\\'"));
        }
    }
    return out;
}

}  // namespace

std::vector<std::string> manual_forms() {
    return {"page", "bash", "zsh", "fish"};
}

std::string manual(const CLI::App& app, std::string_view form) {
    std::vector<ManualCommand> commands;
    append_commands(app, "", commands);
    return form == "bash"   ? bash(commands)
           : form == "zsh"  ? zsh(commands)
           : form == "fish" ? fish(commands)
                            : page(commands);
}

}  // namespace margincall::inline cli
