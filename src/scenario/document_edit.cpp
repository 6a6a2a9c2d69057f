#include "scenario/document_edit.hpp"

namespace margincall::inline scenario {

Node text_node(std::string text, const Node& place) {
    Node node;
    node.kind = NodeKind::text;
    node.at = place.at;
    node.key_at = place.key_at;
    node.text = std::move(text);
    return node;
}

Node table_node(const Node& place) {
    Node node;
    node.at = place.at;
    node.key_at = place.key_at;
    return node;
}

Node figure_node(double number, Unit unit, const std::string& source, const Node& place) {
    Node figure = table_node(place);
    figure.members.emplace_back("value", text_node(format_measure(number, unit), place));
    figure.members.emplace_back("source", text_node(source, place));
    return figure;
}

void put(Node& table, std::string_view path, Node value) {
    const std::size_t dot = path.find('.');
    const std::string head{path.substr(0, dot)};
    Node* child = table.find(head);
    if (dot == std::string_view::npos) {
        if (child != nullptr) {
            *child = std::move(value);
        } else {
            table.members.emplace_back(head, std::move(value));
        }
        return;
    }
    if (child == nullptr) {
        table.members.emplace_back(head, table_node(table));
        child = &table.members.back().second;
    } else if (!child->is_table() || child->is_figure()) {
        *child = table_node(*child);
    }
    put(*child, path.substr(dot + 1), std::move(value));
}

}  // namespace margincall::inline scenario
