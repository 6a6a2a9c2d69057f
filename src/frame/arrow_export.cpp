#include "frame/arrow_export.hpp"

#include <array>
#include <cerrno>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace margincall::inline frame {
namespace {

const char* format_of(ColumnType type) {
    switch (type) {
        case ColumnType::int64:
            return "l";
        case ColumnType::real:
            return "g";
        case ColumnType::boolean:
            return "b";
        case ColumnType::text:
            return "u";
        case ColumnType::word:
            return "i";  // of the numbers; the texts are the dictionary's
        case ColumnType::time:
            return "tsn:UTC";
    }
    return "n";
}

// What the structs point to. A child may be moved out of its parent and outlive it, so each has its own.
struct SchemaData {
    std::string name, metadata;
    std::vector<ArrowSchema> nodes;       // the children
    std::vector<ArrowSchema*> addresses;  // of them
    ArrowSchema dictionary{};
};
struct ArrayData {
    std::shared_ptr<const void> owner;
    std::array<const void*, 3> buffers{};
    std::vector<ArrowArray> nodes;
    std::vector<ArrowArray*> addresses;
    ArrowArray dictionary{};
};

// Children and dictionary that nobody moved out go with their parent.
template <class Data, class Struct>
void release_node(Struct* node) {
    for (std::int64_t k = 0; k < node->n_children; ++k) {
        if (node->children[k]->release != nullptr) {
            node->children[k]->release(node->children[k]);
        }
    }
    if (node->dictionary != nullptr && node->dictionary->release != nullptr) {
        node->dictionary->release(node->dictionary);
    }
    delete static_cast<Data*>(node->private_data);
    node->private_data = nullptr;
    node->release = nullptr;
}
void release_schema(ArrowSchema* node) {
    release_node<SchemaData>(node);
}
void release_array(ArrowArray* node) {
    release_node<ArrayData>(node);
}

void append_number(std::string& out, std::size_t number) {
    const auto value = static_cast<std::int32_t>(number);
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Pairs of keys and values, each after its length in bytes.
std::string metadata_of(const ColumnText& about) {
    std::vector<std::pair<std::string_view, std::string_view>> pairs;
    if (!about.unit.empty()) {
        pairs.emplace_back("unit", about.unit);
    }
    if (!about.meaning.empty()) {
        pairs.emplace_back("meaning", about.meaning);
    }
    std::string out;
    if (pairs.empty()) {
        return out;
    }
    append_number(out, pairs.size());
    for (const auto& [key, value] : pairs) {
        append_number(out, key.size());
        out += key;
        append_number(out, value.size());
        out += value;
    }
    return out;
}

SchemaData* begin_schema(ArrowSchema* out, const char* format, std::string name) {
    auto* const data = new SchemaData;
    data->name = std::move(name);
    *out = ArrowSchema{};
    out->format = format;
    out->name = data->name.c_str();
    out->private_data = data;
    out->release = release_schema;
    return data;
}

void column_schema(const Column& column, ArrowSchema* out) {
    SchemaData* const data = begin_schema(out, format_of(column.type), column.about.name);
    data->metadata = metadata_of(column.about);
    out->metadata = data->metadata.empty() ? nullptr : data->metadata.c_str();
    out->flags = ARROW_FLAG_NULLABLE;
    if (column.type == ColumnType::word) {
        begin_schema(&data->dictionary, format_of(ColumnType::text), "");
        data->dictionary.flags = ARROW_FLAG_NULLABLE;
        out->dictionary = &data->dictionary;
    }
}

ArrayData* begin_array(ArrowArray* out, std::shared_ptr<const void> owner, std::int64_t rows) {
    auto* const data = new ArrayData;
    data->owner = std::move(owner);
    *out = ArrowArray{};
    out->length = rows;
    out->buffers = data->buffers.data();
    out->private_data = data;
    out->release = release_array;
    return data;
}

void column_array(const Column& column, ArrowArray* out) {
    ArrayData* const data = begin_array(out, column.owner, column.rows);
    data->buffers = {column.known, column.values, column.bytes};
    out->null_count = column.unknown;
    out->n_buffers = column.type == ColumnType::text ? 3 : 2;
    if (column.type == ColumnType::word) {
        column_array(*column.words, &data->dictionary);
        out->dictionary = &data->dictionary;
    }
}

// The children of a struct, made one by one by `make`.
template <class Struct, class Data, class Make>
void add_children(const Table& table, Struct* out, Data* data, const Make& make) {
    const std::span<const Column> columns = table.columns();
    data->nodes.resize(columns.size());
    for (std::size_t k = 0; k < columns.size(); ++k) {
        make(columns[k], &data->nodes[k]);
        data->addresses.push_back(&data->nodes[k]);
    }
    out->n_children = static_cast<std::int64_t>(columns.size());
    out->children = data->addresses.data();
}

struct StreamData {
    std::shared_ptr<const Table> table;
    bool taken = false;
};

int stream_schema(ArrowArrayStream* stream, ArrowSchema* out) {
    try {
        export_schema(*static_cast<StreamData*>(stream->private_data)->table, out);
    } catch (const std::bad_alloc&) {
        return ENOMEM;
    }
    return 0;
}
int stream_next(ArrowArrayStream* stream, ArrowArray* out) {
    auto* const data = static_cast<StreamData*>(stream->private_data);
    *out = ArrowArray{};  // released: the end of the stream
    if (!data->taken) {
        data->taken = true;
        try {
            export_array(data->table, out);
        } catch (const std::bad_alloc&) {
            return ENOMEM;
        }
    }
    return 0;
}
const char* stream_error(ArrowArrayStream* /*stream*/) {
    return nullptr;
}
void release_stream(ArrowArrayStream* stream) {
    delete static_cast<StreamData*>(stream->private_data);
    stream->private_data = nullptr;
    stream->release = nullptr;
}

}  // namespace

void export_schema(const Table& table, ArrowSchema* out) {
    SchemaData* const data = begin_schema(out, "+s", table.name());
    add_children(table, out, data, column_schema);
}

void export_array(const std::shared_ptr<const Table>& table, ArrowArray* out) {
    ArrayData* const data = begin_array(out, table, table->rows());
    out->n_buffers = 1;
    add_children(*table, out, data, column_array);
}

void export_stream(const std::shared_ptr<const Table>& table, ArrowArrayStream* out) {
    *out = ArrowArrayStream{};
    out->get_schema = stream_schema;
    out->get_next = stream_next;
    out->get_last_error = stream_error;
    out->release = release_stream;
    out->private_data = new StreamData{table, false};
}

}  // namespace margincall::inline frame
