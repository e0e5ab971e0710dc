#include "otlp/check.hpp"

#include "codec/utf8.hpp"
#include "otlp/decode.hpp"
#include "otlp/wire.hpp"
#include "otlp/wire_writer.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace ark::otlp {

namespace {

using wire::Field;
using wire::Reader;
using wire::tag;

/// Why an item is left out while the rest of its request is accepted.
enum class Verdict { accept, trace_id, span_id, parent_span_id, attributes };

bool is_zero(std::string_view id) {
    return std::all_of(id.begin(), id.end(), [](char byte) { return byte == 0; });
}

bool is_id(std::string_view id, std::size_t size) {
    return id.size() == size && !is_zero(id);
}

/// One pass over a request. Functions return false when the whole request is bad, and leave the reason behind.
class Checker {
public:
    Checker(std::string_view payload, const CheckLimits& limits) : payload_(payload), limits_(limits) {}

    template <class CheckItem>
    bool request(CheckItem item) {
        return fields(payload_, [&](const Field& group) {
            if (group.tag != envelope::groups) return true;
            return fields(group.bytes, [&](const Field& field) {
                if (field.tag == envelope::resource) return resource(field.bytes);
                if (field.tag == envelope::schema_url) return text(field.bytes);
                return field.tag != envelope::scopes || scope_group(field.bytes, item);
            });
        });
    }

    bool span(std::string_view wire, Verdict& verdict) {
        std::string_view trace_id, span_id, parent_id;
        std::uint64_t start = 0, end = 0;
        std::uint32_t attributes = 0;
        bool lists_fit = true;
        const bool sound = fields(wire, [&](const Field& field) {
            switch (field.tag) {
                case tag(9, wire::bytes):
                    ++attributes;
                    return key_value(field.bytes, 0);
                case tag(1, wire::bytes):
                    trace_id = field.bytes;
                    return true;
                case tag(2, wire::bytes):
                    span_id = field.bytes;
                    return true;
                case tag(4, wire::bytes):
                    parent_id = field.bytes;
                    return true;
                case tag(3, wire::bytes):
                case tag(5, wire::bytes):
                    return text(field.bytes);
                case tag(7, wire::fixed64):
                    start = field.number;
                    return true;
                case tag(8, wire::fixed64):
                    end = field.number;
                    return true;
                case tag(11, wire::bytes):
                    return event(field.bytes, lists_fit);
                case tag(13, wire::bytes):
                    return link(field.bytes, lists_fit);
                case tag(15, wire::bytes):
                    return status(field.bytes);
                default:
                    return true;
            }
        });
        if (!sound) return false;
        verdict = !is_id(trace_id, TraceId::size)                          ? Verdict::trace_id
                  : !is_id(span_id, SpanId::size)                          ? Verdict::span_id
                  : !parent_id.empty() && parent_id.size() != SpanId::size ? Verdict::parent_span_id
                  : attributes > limits_.attributes_max || !lists_fit      ? Verdict::attributes
                                                                           : Verdict::accept;
        if (verdict == Verdict::accept) extend_times(start, std::max(start, end));
        return true;
    }

    bool log(std::string_view wire, Verdict& verdict) {
        std::uint64_t time = 0, observed = 0;
        std::uint32_t attributes = 0;
        const bool sound = fields(wire, [&](const Field& field) {
            switch (field.tag) {
                case tag(6, wire::bytes):
                    ++attributes;
                    return key_value(field.bytes, 0);
                case tag(1, wire::fixed64):
                    time = field.number;
                    return true;
                case tag(11, wire::fixed64):
                    observed = field.number;
                    return true;
                case tag(5, wire::bytes):
                    return value(field.bytes, 0);
                case tag(3, wire::bytes):
                case tag(12, wire::bytes):
                    return text(field.bytes);
                default:
                    return true;
            }
        });
        if (!sound) return false;
        verdict = attributes > limits_.attributes_max ? Verdict::attributes : Verdict::accept;
        if (verdict == Verdict::accept) extend_times(time != 0 ? time : observed, time != 0 ? time : observed);
        return true;
    }

    Result<Checked> finish(bool sound, std::string_view items);

private:
    template <class Handle>
    bool fields(std::string_view message, const Handle& handle) {
        Reader reader(message);
        for (Field field; reader.next(field);) {
            if (!handle(field)) return false;
        }
        return !reader.damaged() || bad("malformed protobuf", reader.position());
    }

    template <class CheckItem>
    bool scope_group(std::string_view group, CheckItem item) {
        Reader reader(group);
        const char* begin = reader.position();
        for (Field field; reader.next(field); begin = reader.position()) {
            if (field.tag == envelope::scope && !scope(field.bytes)) return false;
            if (field.tag == envelope::schema_url && !text(field.bytes)) return false;
            if (field.tag != envelope::items) continue;
            if (checked_.accepted + checked_.rejected >= limits_.items_max) return too_many_items();
            auto verdict = Verdict::accept;
            if (!(this->*item)(field.bytes, verdict)) return false;
            count(verdict, {begin, static_cast<std::size_t>(reader.position() - begin)});
        }
        return !reader.damaged() || bad("malformed protobuf", reader.position());
    }

    void count(Verdict verdict, std::string_view field) {
        if (verdict == Verdict::accept) {
            ++checked_.accepted;
            return;
        }
        ++checked_.rejected;
        ++reasons_[static_cast<std::size_t>(verdict)];
        cut_.push_back(field);
    }

    bool resource(std::string_view wire) {
        return fields(wire, [&](const Field& field) {
            if (field.tag == tag(1, wire::bytes)) return key_value(field.bytes, 0);
            return field.tag != tag(3, wire::bytes) || entity(field.bytes);
        });
    }

    bool entity(std::string_view wire) {
        return fields(wire, [&](const Field& field) {
            return !field.is_bytes() || field.number_of_field() > 4 || text(field.bytes);
        });
    }

    bool scope(std::string_view wire) {
        return fields(wire, [&](const Field& field) {
            if (field.tag == tag(3, wire::bytes)) return key_value(field.bytes, 0);
            return (field.tag != tag(1, wire::bytes) && field.tag != tag(2, wire::bytes)) || text(field.bytes);
        });
    }

    bool status(std::string_view wire) {
        return fields(wire, [&](const Field& field) { return field.tag != tag(2, wire::bytes) || text(field.bytes); });
    }

    bool event(std::string_view wire, bool& lists_fit) {
        std::uint32_t attributes = 0;
        const bool sound = fields(wire, [&](const Field& field) {
            if (field.tag == tag(2, wire::bytes)) return text(field.bytes);
            return field.tag != tag(3, wire::bytes) || (++attributes, key_value(field.bytes, 0));
        });
        lists_fit = lists_fit && attributes <= limits_.attributes_max;
        return sound;
    }

    bool link(std::string_view wire, bool& lists_fit) {
        std::uint32_t attributes = 0;
        const bool sound = fields(wire, [&](const Field& field) {
            if (field.tag == tag(3, wire::bytes)) return text(field.bytes);
            return field.tag != tag(4, wire::bytes) || (++attributes, key_value(field.bytes, 0));
        });
        lists_fit = lists_fit && attributes <= limits_.attributes_max;
        return sound;
    }

    bool key_value(std::string_view wire, std::uint32_t depth) {
        return fields(wire, [&](const Field& field) {
            if (field.tag == tag(1, wire::bytes)) return text(field.bytes);
            return field.tag != tag(2, wire::bytes) || value(field.bytes, depth);
        });
    }

    bool value(std::string_view wire, std::uint32_t depth) {
        return fields(wire, [&](const Field& field) {
            switch (field.tag) {
                case tag(1, wire::bytes):
                    return text(field.bytes);
                case tag(5, wire::bytes):
                    return array(field.bytes, depth + 1);
                case tag(6, wire::bytes):
                    return map(field.bytes, depth + 1);
                default:
                    return true;
            }
        });
    }

    bool array(std::string_view wire, std::uint32_t depth) {
        if (depth > limits_.nesting_max) return too_deep(wire);
        return fields(
            wire, [&](const Field& field) { return field.tag != tag(1, wire::bytes) || value(field.bytes, depth); });
    }

    bool map(std::string_view wire, std::uint32_t depth) {
        if (depth > limits_.nesting_max) return too_deep(wire);
        return fields(wire, [&](const Field& field) {
            return field.tag != tag(1, wire::bytes) || key_value(field.bytes, depth);
        });
    }

    bool text(std::string_view bytes) {
        if (codec::valid_utf8(bytes)) [[likely]]
            return true;
        return bad("invalid UTF-8", bytes.data() + codec::utf8_error_offset(bytes));
    }

    void extend_times(std::uint64_t first, std::uint64_t last) {
        if (first != 0 && (checked_.time_min.value() == 0 || first < checked_.time_min.value())) {
            checked_.time_min = UnixNanos{first};
        }
        if (last > checked_.time_max.value()) checked_.time_max = UnixNanos{last};
    }

    bool bad(std::string_view why, const char* where) {
        error_ = fail(Errc::bad_payload, fmt::format("OTLP: {} at byte {}", why, where - payload_.data()));
        return false;
    }
    bool too_deep(std::string_view wire) {
        return bad(fmt::format("a value nested deeper than {}", limits_.nesting_max), wire.data());
    }
    bool too_many_items() {
        error_ = fail(Errc::too_large, fmt::format("OTLP: more than {} items in one request", limits_.items_max));
        return false;
    }

    std::string explain_rejections(std::string_view items) const;

    std::string_view payload_;
    const CheckLimits limits_;
    Checked checked_;
    Error error_;
    std::array<std::uint32_t, 5> reasons_{};  // by Verdict
    std::vector<std::string_view> cut_;       // the rejected items' fields, tag included, in wire order
};

std::string Checker::explain_rejections(std::string_view items) const {
    const std::array<std::string, 5> words = {
        "", "trace_id is not 16 bytes, not all zero", "span_id is not 8 bytes, not all zero",
        "parent_span_id is neither empty nor 8 bytes", fmt::format("more than {} attributes", limits_.attributes_max)};
    std::string message =
        fmt::format("{} of {} {} rejected", checked_.rejected, checked_.accepted + checked_.rejected, items);
    const char* separator = ": ";
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (reasons_[i] == 0) continue;
        message += fmt::format("{}{} ({})", separator, words[i], reasons_[i]);
        separator = ", ";
    }
    return message;
}

/// Copies a request without some of its items; lengths of the messages around them are written anew.
class Cutter {
public:
    explicit Cutter(const std::vector<std::string_view>& cut) : next_(cut.data()), end_(cut.data() + cut.size()) {}

    void copy_request(std::string_view request, Buffer& out) {
        copy_around(request, envelope::groups, out, [&](std::string_view group, Buffer& inner) {
            copy_around(group, envelope::scopes, inner,
                        [&](std::string_view scope, Buffer& innermost) { copy_scope_group(scope, innermost); });
        });
    }

private:
    bool cuts_before(const char* end) const { return next_ != end_ && next_->data() < end; }

    /// Fields of `message` as they are, except those with `wanted` that something is cut out of.
    template <class CopyInner>
    void copy_around(std::string_view message, std::uint32_t wanted, Buffer& out, const CopyInner& copy_inner) {
        Reader reader(message);
        const char* begin = reader.position();
        for (Field field; reader.next(field); begin = reader.position()) {
            if (field.tag == wanted && cuts_before(reader.position())) {
                Buffer inner(field.bytes.size());
                copy_inner(field.bytes, inner);
                wire::Writer(out).bytes_field(wanted, inner.view());
            } else {
                out.append({begin, static_cast<std::size_t>(reader.position() - begin)});
            }
        }
    }

    void copy_scope_group(std::string_view group, Buffer& out) {
        Reader reader(group);
        const char* begin = reader.position();
        for (Field field; reader.next(field); begin = reader.position()) {
            if (cuts_before(reader.position())) {
                ++next_;
            } else {
                out.append({begin, static_cast<std::size_t>(reader.position() - begin)});
            }
        }
    }

    const std::string_view* next_;
    const std::string_view* end_;
};

Result<Checked> Checker::finish(bool sound, std::string_view items) {
    if (!sound) return error_;
    if (checked_.rejected > 0) {
        checked_.error_message = explain_rejections(items);
        checked_.cleaned.reserve(payload_.size());
        Cutter(cut_).copy_request(payload_, checked_.cleaned);
    }
    return std::move(checked_);
}

}  // namespace

Result<Checked> check_traces(std::string_view payload, const CheckLimits& limits) {
    Checker checker(payload, limits);
    const bool sound = checker.request(&Checker::span);
    return checker.finish(sound, "spans");
}

Result<Checked> check_logs(std::string_view payload, const CheckLimits& limits) {
    Checker checker(payload, limits);
    const bool sound = checker.request(&Checker::log);
    return checker.finish(sound, "log records");
}

}  // namespace ark::otlp
