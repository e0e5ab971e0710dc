#include "codec/yaml_reader.hpp"

#include "codec/utf8.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace ark::codec {
namespace {

Error at(const YAML::Mark& mark, std::string_view why) {
    return fail(Errc::bad_payload, fmt::format("YAML: line {}, column {}: {}", mark.line + 1, mark.column + 1, why));
}

template <class T>
bool read_all(std::string_view digits, T& out, int base) {
    const auto* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, out, base);
    return read.ec == std::errc() && read.ptr == end;
}

bool read_integer(std::string_view text, JsonValue& out) {
    int base = 10;
    const bool minus = text.starts_with('-');
    auto digits = text;
    if (text.starts_with('+')) digits.remove_prefix(1);
    if (digits.starts_with("0x") || digits.starts_with("0o")) {
        base = digits[1] == 'x' ? 16 : 8;
        digits.remove_prefix(2);
    }
    if (digits.empty() || (base != 10 && minus)) return false;
    std::int64_t number = 0;
    if (read_all(digits, number, base)) {
        out.data = number;
        return true;
    }
    std::uint64_t large = 0;
    if (minus || !read_all(digits, large, base)) return false;
    out.data = large;
    return true;
}

/// The core schema's floats without infinities and NaN, which JSON has not: those stay text.
bool read_real(std::string_view text, JsonValue& out) {
    if (text.starts_with('+')) text.remove_prefix(1);
    if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return false;
    if (text.find_first_of("0123456789") == std::string_view::npos) return false;
    double number = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc() || read.ptr != end) return false;
    out.data = number;
    return true;
}

void read_plain(std::string_view text, JsonValue& out) {
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return;
    if (text == "true" || text == "True" || text == "TRUE") {
        out.data = true;
    } else if (text == "false" || text == "False" || text == "FALSE") {
        out.data = false;
    } else if (!read_integer(text, out) && !read_real(text, out)) {
        out.data.emplace<std::string>(text);
    }
}

class TreeReader {
public:
    explicit TreeReader(const YamlLimits& limits) : limits_(limits) {}

    Status read(const YAML::Node& node, JsonValue& out, std::size_t depth) {
        // Anchors are counted at every use: a few lines of them can stand for billions of nodes.
        if (++nodes_ > limits_.nodes_max) return fail(Errc::too_large, "YAML: more than the allowed number of values");
        if (node.IsScalar()) bytes_ += node.Scalar().size();
        if (bytes_ > limits_.bytes_max) return fail(Errc::too_large, "YAML: more than the allowed number of bytes");
        if (depth > limits_.nesting_max) return fail(Errc::too_large, "YAML: nested too deeply");
        if (node.IsMap()) return read_map(node, out, depth);
        if (node.IsSequence()) return read_sequence(node, out, depth);
        if (!node.IsScalar()) return ok();
        // "?" is how yaml-cpp tags a plain scalar, "!" a quoted one.
        if (node.Tag() == "?" || node.Tag().empty()) {
            read_plain(node.Scalar(), out);
        } else {
            out.data.emplace<std::string>(node.Scalar());
        }
        return ok();
    }

private:
    Status read_sequence(const YAML::Node& node, JsonValue& out, std::size_t depth) {
        auto& elements = out.data.emplace<JsonValue::Array>();
        for (const auto& element : node) {
            ARK_TRY_STATUS(read(element, elements.emplace_back(), depth + 1));
        }
        return ok();
    }

    Status read_map(const YAML::Node& node, JsonValue& out, std::size_t depth) {
        out.data.emplace<JsonValue::Object>();
        JsonValue merged;  // what `<<` brings: only where the map itself says nothing
        for (const auto& member : node) {
            if (!member.first.IsScalar()) return at(member.first.Mark(), "a key that is no text");
            const auto& name = member.first.Scalar();
            bytes_ += name.size();
            JsonValue value;
            ARK_TRY_STATUS(read(member.second, value, depth + 1));
            if (name == "<<" && (value.is_object() || value.is_array())) {
                merged = std::move(value);
                continue;
            }
            if (out.find(name) != nullptr) return at(member.first.Mark(), fmt::format("'{}' stands here twice", name));
            out.set(name, std::move(value));
        }
        merge(merged, out);
        for (const auto& each : merged.array())
            merge(each, out);
        return ok();
    }

    static void merge(const JsonValue& from, JsonValue& into) {
        for (const auto& [name, value] : from.object()) {
            if (into.find(name) == nullptr) into.set(name, value);
        }
    }

    const YamlLimits& limits_;
    std::size_t nodes_ = 0;
    std::size_t bytes_ = 0;
};

/// Hears where documents begin, and nothing else.
class Beginnings final : public YAML::EventHandler {
public:
    std::optional<YAML::Mark> last;

    void OnDocumentStart(const YAML::Mark& mark) override { last = mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

/// yaml-cpp 0.7 takes a stray `,` or `]` between documents for an empty document, again and again without an end.
Status check_progress(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Beginnings beginnings;
    int before = -1;
    while (parser.HandleNextDocument(beginnings)) {
        if (!beginnings.last || beginnings.last->pos == before)
            return at(beginnings.last.value_or(YAML::Mark::null_mark()), "this belongs to nothing");
        before = beginnings.last->pos;
    }
    return ok();
}

}  // namespace

Result<std::vector<YamlDocument>> parse_yaml(std::string_view text, const YamlLimits& limits) {
    if (!valid_utf8(text)) {
        return fail(Errc::bad_payload, fmt::format("YAML: invalid UTF-8 at byte {}", utf8_error_offset(text)));
    }
    // Where there are zero bytes the library would guess at UTF-16 or UTF-32, and let through what is no Unicode.
    if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
        return fail(Errc::bad_payload, fmt::format("YAML: a zero byte at byte {}", zero));
    }
    try {
        std::vector<YamlDocument> documents;
        TreeReader reader(limits);
        const std::string copy(text);
        ARK_TRY_STATUS(check_progress(copy));
        for (const auto& root : YAML::LoadAll(copy)) {
            if (!root.IsDefined() || root.IsNull()) continue;
            auto& document = documents.emplace_back();
            document.line = root.Mark().line + 1;
            ARK_TRY_STATUS(reader.read(root, document.value, 0));
        }
        return documents;
    } catch (const YAML::Exception& error) {
        return at(error.mark, error.msg);
    }
}

}  // namespace ark::codec
