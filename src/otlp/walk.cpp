#include "otlp/walk.hpp"

#include "otlp/decode.hpp"
#include "otlp/wire.hpp"

namespace ark::otlp {

namespace {

using wire::Field;
using wire::Reader;
using wire::tag;

/// Moves `rest` behind the next field with this tag and returns its value; false at the end or at damage.
bool next_tagged(std::string_view& rest, std::uint32_t wanted, std::string_view& out) {
    Reader reader(rest);
    for (Field field; reader.next(field);) {
        if (field.tag != wanted) continue;
        rest.remove_prefix(static_cast<std::size_t>(reader.position() - rest.data()));
        out = field.bytes;
        return true;
    }
    rest = {};
    return false;
}

std::uint32_t number_of(std::string_view message, std::uint32_t wanted) {
    std::uint64_t number = 0;
    Reader reader(message);
    for (Field field; reader.next(field);) {
        if (field.tag == wanted) number = field.number;
    }
    return static_cast<std::uint32_t>(number);
}

/// Of the item behind this one, what readers look at first: ids, times, keys of attributes. Payloads are rarely in the
/// processor's cache any more when a follower opens them, and are too jumpy for it to guess.
void prefetch(const char* next_item) {
    constexpr std::ptrdiff_t line = 64;
    for (std::ptrdiff_t at = 0; at < 10 * line; at += line)
        __builtin_prefetch(next_item + at);  // beyond the end it does nothing
}

enum class Step { next, stop, damaged };

/// Visits the items of a request. `Item` is SpanView or LogView, `decode` fills it.
template <class Item, class Decode, class Visit>
class ItemWalk {
public:
    ItemWalk(Decode decode, const Visit& visit, std::uint64_t skipped)
        : decode_(decode), visit_(visit), skipped_(skipped) {
        item_.resource = &resource_;
        item_.scope = &scope_;
    }

    Step request(std::string_view message) {
        return each(message, envelope::groups, [&](std::string_view group) { return resource_group(group); });
    }

private:
    template <class Handle>
    static Step each(std::string_view message, std::uint32_t wanted, const Handle& handle) {
        Reader reader(message);
        for (Field field; reader.next(field);) {
            if (field.tag != wanted) continue;
            if (const Step step = handle(field.bytes); step != Step::next) return step;
        }
        return reader.damaged() ? Step::damaged : Step::next;
    }

    // The resource may stand behind its scopes, and a scope behind its items: both are looked for first.
    Step resource_group(std::string_view group) {
        if (!decode_resource_group(group, resource_)) return Step::damaged;
        return each(group, envelope::scopes, [&](std::string_view inner) { return scope_group(inner); });
    }

    Step scope_group(std::string_view group) {
        if (!decode_scope_group(group, scope_)) return Step::damaged;
        return each(group, envelope::items, [&](std::string_view wire) {
            if (skipped_ > 0) {
                --skipped_;
                return Step::next;
            }
            prefetch(wire.data() + wire.size());
            if (!decode_(wire, item_)) return Step::damaged;
            return visit_(item_) ? Step::next : Step::stop;
        });
    }

    Decode decode_;
    const Visit& visit_;
    std::uint64_t skipped_;  // items that are still to be passed over
    ResourceView resource_;
    ScopeView scope_;
    Item item_;
};

template <class Item, class Decode, class Visit>
Status walk_items(std::string_view payload, Decode decode, const Visit& visit, std::uint64_t skipped = 0) {
    ItemWalk<Item, Decode, Visit> walk(decode, visit, skipped);
    if (walk.request(payload) == Step::damaged) return fail(Errc::bad_payload, "OTLP: malformed protobuf");
    return ok();
}

template <class View, class Decode, class Visit>
void walk_parts(std::string_view message, std::uint32_t wanted, Decode decode, const Visit& visit) {
    std::string_view rest = message;
    View view;
    for (std::string_view wire; next_tagged(rest, wanted, wire);) {
        if (decode(wire, view)) visit(view);
    }
}

}  // namespace

bool next_pair(std::string_view& rest, std::uint32_t field, std::string_view& pair) {
    Reader list(rest);
    if (!list.next_is(tag(field, wire::bytes), pair)) return next_tagged(rest, tag(field, wire::bytes), pair);
    rest.remove_prefix(static_cast<std::size_t>(list.position() - rest.data()));
    return true;
}

bool Attributes::next(model::AttributeView& out) {
    std::string_view pair;
    if (!next_pair(rest_, field_, pair)) return false;
    decode_pair(pair, out);
    return true;
}

void decode_pair(std::string_view pair, model::AttributeView& out) {
    // As everybody writes it: the key, then the value, and nothing else.
    Reader reader(pair);
    std::string_view value;
    if (reader.next_is(tag(1, wire::bytes), out.key) && reader.next_is(tag(2, wire::bytes), value) && reader.at_end()) {
        out.value = decode_value(value);
        return;
    }
    out = {};
    reader = Reader(pair);
    for (Field field; reader.next(field);) {
        if (field.tag == tag(1, wire::bytes)) out.key = field.bytes;
        if (field.tag == tag(2, wire::bytes)) out.value = decode_value(field.bytes);
    }
}

bool ArrayWalk::next(model::ValueView& out) {
    std::string_view element;
    if (!next_tagged(rest_, tag(1, wire::bytes), element)) return false;
    out = decode_value(element);
    return true;
}

std::uint32_t ResourceView::dropped_attributes_count() const {
    return number_of(wire, tag(2, wire::varint));
}

std::uint32_t ScopeView::dropped_attributes_count() const {
    return number_of(wire, tag(4, wire::varint));
}

Status for_each_span(std::string_view payload, const SpanVisitor& visit, std::uint64_t skipped) {
    return walk_items<SpanView>(payload, decode_span, visit, skipped);
}

Status for_each_log(std::string_view payload, const LogVisitor& visit) {
    return walk_items<LogView>(payload, decode_log, visit);
}

void for_each_span_event(const SpanView& span, const std::function<void(const SpanEventView&)>& visit) {
    walk_parts<SpanEventView>(span.wire, tag(11, wire::bytes), decode_event, visit);
}

void for_each_span_link(const SpanView& span, const std::function<void(const SpanLinkView&)>& visit) {
    walk_parts<SpanLinkView>(span.wire, tag(13, wire::bytes), decode_link, visit);
}

}  // namespace ark::otlp
