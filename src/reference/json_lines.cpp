#include "reference/json_lines.hpp"

#include "base/text.hpp"

namespace ark::reference {
namespace {

void visit_trimmed(std::string_view line, const JsonLines::Visit& visit) {
    line = trimmed(line, script_blanks);
    if (!line.empty()) visit(line);
}

}  // namespace

Status JsonLines::feed(std::string_view piece, const Visit& visit) {
    while (!piece.empty()) {
        const auto end = piece.find('\n');
        const auto part = piece.substr(0, end);
        if (pending_.size() + part.size() > json_line_bytes_max)
            return fail(Errc::too_large, "a line of more than " + std::to_string(json_line_bytes_max) + " bytes");
        if (end == piece.npos) {
            pending_.append(part);
            return ok();
        }
        if (pending_.empty()) {
            visit_trimmed(part, visit);
        } else {
            pending_.append(part);
            visit_trimmed(pending_, visit);
            pending_.clear();
        }
        piece.remove_prefix(end + 1);
    }
    return ok();
}

void JsonLines::finish(const Visit& visit) {
    visit_trimmed(pending_, visit);
    pending_ = std::string();
}

}  // namespace ark::reference
