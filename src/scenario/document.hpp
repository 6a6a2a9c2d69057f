// Document: the text of a scenario as a tree, every node with its file, line and column. Files
// named by `extends`, `rules`, `tiers` and `burn_in` are read in and merged here, so that what
// follows sees one tree and still knows where each value was written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace margincall::inline scenario {

struct SourcePosition {
    std::uint32_t file = 0;  // index of Document::files
    int line = 0;
    int column = 0;
};

enum class NodeKind : std::uint8_t { table, array, text, integer, real, boolean, time };

struct Node {
    // Not inline: a vector of what is not complete yet must not be asked how it is made or destroyed.
    Node();
    Node(const Node&);
    Node(Node&&) noexcept;
    Node& operator=(const Node&);
    Node& operator=(Node&&) noexcept;
    ~Node();

    NodeKind kind = NodeKind::table;
    SourcePosition at;         // of the value
    SourcePosition key_at;     // of the key; the value's for array items
    int width = 1;             // characters of the value in the source line
    std::string text;          // text
    std::int64_t integer = 0;  // integer; time: seconds since 1970 UTC
    double real = 0.0;
    bool boolean = false;
    std::vector<std::pair<std::string, Node>> members;  // table, in the order of the text
    std::vector<Node> items;                            // array

    [[nodiscard]] const Node* find(std::string_view key) const;
    [[nodiscard]] Node* find(std::string_view key);
    [[nodiscard]] const Node* find_path(std::string_view dotted) const;  // "a.b.c"
    [[nodiscard]] bool is_table() const { return kind == NodeKind::table; }
    // A figure with its source: a table that has a "value".
    [[nodiscard]] bool is_figure() const { return is_table() && find("value") != nullptr; }
};
[[nodiscard]] std::string_view kind_name(NodeKind kind);

struct SourceFile {
    std::string name;       // as shown in messages
    std::string directory;  // what relative paths inside it start from
    std::vector<std::string> lines;
};

struct Document {
    std::vector<SourceFile> files;  // [0] is the scenario itself
    Node root;
    bool incomplete = false;  // the text or a file it extends could not be read
};

// One `--set key=value`; the key may contain `*` for every name.
using Overrides = std::vector<std::string>;

// Reads a scenario with everything it names. Problems are appended to `errors`; the document is as
// complete as they allow.
[[nodiscard]] Document load_document(const std::string& path,
                                     const Overrides& overrides,
                                     Errors& errors);
// The same for text in memory; `name` stands for the file name, relative paths start at
// `directory`.
[[nodiscard]] Document load_document_text(std::string_view text,
                                          const std::string& name,
                                          const std::string& directory,
                                          const Overrides& overrides,
                                          Errors& errors);

// An Error at a place of the document, with the source line.
[[nodiscard]] Error make_error(
    const Document& document, SourcePosition at, int width, std::string code, std::string message);

}  // namespace margincall::inline scenario
