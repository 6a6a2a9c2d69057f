#include "report/fit_lines.hpp"

#include <algorithm>
#include <vector>

namespace margincall::inline report {
namespace {

constexpr std::size_t hanging_indent = 4;

// One thing that is not divided: a character with its continuation bytes, or an escape sequence.
struct Glyph {
    std::string_view bytes;
    std::size_t columns = 1;
};

std::vector<Glyph> glyphs_of(std::string_view line) {
    std::vector<Glyph> out;
    for (std::size_t at = 0; at < line.size();) {
        std::size_t end = at + 1;
        if (line[at] == '\x1b') {
            while (end < line.size() && (end == at + 1 || line[end] < '@' || line[end] > '~')) {
                ++end;
            }
            end = std::min(end + 1, line.size());
            out.push_back({line.substr(at, end - at), 0});
        } else {
            while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) {
                ++end;
            }
            out.push_back({line.substr(at, end - at), 1});
        }
        at = end;
    }
    return out;
}

bool is_space(const Glyph& glyph) {
    return glyph.bytes == " ";
}

// A stretch without a gap, and how wide the gap in front of it was.
struct Piece {
    std::vector<Glyph> glyphs;
    std::size_t columns = 0;
    std::size_t gap = 0;
};

std::vector<Piece> pieces_of(const std::vector<Glyph>& line) {
    std::vector<Piece> out(1);
    std::size_t spaces = 0;
    for (const Glyph& glyph : line) {
        if (is_space(glyph)) {
            ++spaces;
            continue;
        }
        if (glyph.columns > 0 && spaces > 0) {
            out.push_back({{}, 0, spaces});
            spaces = 0;
        }
        out.back().glyphs.push_back(glyph);
        out.back().columns += glyph.columns;
    }
    return out;
}

class Folder {
  public:
    explicit Folder(std::size_t width) : width_{width} {}

    std::string fold(std::string_view line) {
        const std::vector<Piece> pieces = pieces_of(glyphs_of(line));
        used_ = std::min(line.find_first_not_of(' '), hanging_indent);
        out_.append(used_, ' ');
        // Columns are kept whole as long as they fit into a line of their own.
        for (std::size_t first = 0; first < pieces.size();) {
            std::size_t last = first + 1;
            std::size_t columns = pieces[first].columns;
            while (last < pieces.size() && pieces[last].gap == 1) {
                columns += 1 + pieces[last++].columns;
            }
            const std::size_t gap = first == 0 ? 0 : std::min<std::size_t>(pieces[first].gap, 2);
            if (!empty_ && used_ + gap + columns > width_ && columns + indent() <= width_) {
                next_line();
            }
            for (std::size_t k = first; k < last; ++k) {
                add(pieces[k], k == first ? gap : 1);
            }
            first = last;
        }
        return std::move(out_);
    }

  private:
    [[nodiscard]] std::size_t indent() const { return std::min(hanging_indent, width_ / 4); }

    void next_line() {
        out_ += '\n';
        out_.append(indent(), ' ');
        used_ = indent();
        empty_ = true;
    }
    void add(const Piece& piece, std::size_t gap) {
        if (!empty_ && used_ + gap + piece.columns > width_) {
            next_line();
        }
        if (!empty_) {
            out_.append(gap, ' ');
            used_ += gap;
        }
        for (const Glyph& glyph : piece.glyphs) {
            if (used_ + glyph.columns > width_) {
                next_line();
            }
            out_ += glyph.bytes;
            used_ += glyph.columns;
            empty_ = empty_ && glyph.columns == 0;
        }
    }

    std::size_t width_;
    std::string out_;
    std::size_t used_ = 0;
    bool empty_ = true;  // of the line that is being filled
};

std::size_t columns_of(std::string_view line) {
    std::size_t out = 0;
    for (const Glyph& glyph : glyphs_of(line)) {
        out += glyph.columns;
    }
    return out;
}

}  // namespace

std::string fit_lines(std::string_view text, std::size_t width) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        out += columns_of(line) <= width ? std::string{line} : Folder{width}.fold(line);
        if (end < text.size()) {
            out += '\n';
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace margincall::inline report
