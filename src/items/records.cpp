#include "items/records.hpp"

#include "base/packing.hpp"

#include <algorithm>

namespace ark::items {
namespace {

constexpr char version = 1;
constexpr std::uint8_t flag_completes = 1;
constexpr std::uint8_t scope_conversation = 1;
constexpr std::uint8_t scope_query = 2;

/// What surrounds the items of a payload is read once, then each item.
template <class ReadHead, class ReadItem>
Status walk(std::string_view payload, const ReadHead& read_head, const ReadItem& read_item,
            const RecordVisitor& visit) {
    const auto malformed = [] { return fail(Errc::bad_payload, "not a payload of docs/formats/records.md"); };
    Unpacker in(payload);
    Record record;
    if (in.byte() != version) return malformed();
    read_head(in, record);
    while (in.ok() && !in.at_end()) {
        read_item(in, record);
        if (!in.ok()) break;
        if (!visit(record)) return ok();
    }
    return in.ok() ? ok() : malformed();
}

/// A payload in the buffer that the journal takes; its size is known before, so that nothing moves.
class Payload {
public:
    explicit Payload(std::size_t bytes_max) : out_(1 + bytes_max) { byte(version); }

    static std::size_t text_bytes_max(std::string_view text) { return varint_bytes_max + text.size(); }
    template <class Texts>
    static std::size_t texts_bytes_max(const Texts& texts) {
        std::size_t bytes = 0;
        for (const auto& text : texts)
            bytes += 1 + text_bytes_max(text);
        return bytes;
    }

    void byte(char value) { out_.append({&value, 1}); }
    void varint(std::uint64_t value) {
        char bytes[varint_bytes_max];
        out_.append({bytes, static_cast<std::size_t>(put_varint(bytes, value) - bytes)});
    }
    void text(std::string_view text) {
        varint(text.size());
        out_.append(text);
    }
    Buffer take() { return std::move(out_); }

private:
    Buffer out_;
};

void read_text(Unpacker& in, Record& record) {
    record.text = in.text();
}

}  // namespace

Buffer encode_messages(std::string_view conversation, std::string_view query, std::chrono::seconds ttl,
                       std::span<const std::string> texts) {
    Payload out(Payload::text_bytes_max(conversation) + Payload::text_bytes_max(query) + varint_bytes_max +
                Payload::texts_bytes_max(texts));
    out.text(conversation);
    out.text(query);
    out.varint(static_cast<std::uint64_t>(std::max<std::chrono::seconds::rep>(ttl.count(), 0)));
    for (const auto& text : texts)
        out.text(text);
    return out.take();
}

Buffer encode_chunks(std::string_view query, std::span<const std::string> texts) {
    Payload out(Payload::text_bytes_max(query) + Payload::texts_bytes_max(texts));
    out.text(query);
    for (const auto& text : texts) {
        out.byte(0);
        out.text(text);
    }
    return out.take();
}

Buffer encode_completion(std::string_view query) {
    std::string out(1, version);
    append_text(out, query);
    out.push_back(static_cast<char>(flag_completes));
    append_text(out, completion_text);
    return Buffer::copy_of(out);
}

Buffer encode_deletion(const Record& deletion) {
    std::string out(1, version);
    out.push_back(static_cast<char>(deletion.target));
    out.push_back(
        static_cast<char>((deletion.of_conversation ? scope_conversation : 0) | (deletion.of_query ? scope_query : 0)));
    append_text(out, deletion.conversation);
    append_text(out, deletion.query);
    return Buffer::copy_of(out);
}

Buffer encode_session_update(std::string_view text) {
    std::string out(1, version);
    append_text(out, text);
    return Buffer::copy_of(out);
}

Status for_each_message(std::string_view payload, const RecordVisitor& visit) {
    const auto read_head = [](Unpacker& in, Record& record) {
        record.conversation = in.text();
        record.query = in.text();
        constexpr std::uint64_t ttl_max = 1ull << 33;  // 272 years: added to a time, nanoseconds stay within 64 bits
        record.ttl = std::chrono::seconds(std::min(in.varint(), ttl_max));
    };
    return walk(payload, read_head, read_text, visit);
}

Status for_each_chunk(std::string_view payload, const RecordVisitor& visit) {
    const auto read_head = [](Unpacker& in, Record& record) { record.query = in.text(); };
    const auto read_item = [](Unpacker& in, Record& record) {
        const auto flags = in.byte();
        if (flags > flag_completes) in.fail();
        record.completes = flags == flag_completes;
        record.text = in.text();
    };
    return walk(payload, read_head, read_item, visit);
}

Status for_each_deletion(std::string_view payload, const RecordVisitor& visit) {
    const auto read_head = [](Unpacker&, Record&) {};
    const auto read_item = [](Unpacker& in, Record& record) {
        const auto target = in.byte();
        const auto scope = in.byte();
        if (target < static_cast<std::uint8_t>(Target::messages) ||
            target > static_cast<std::uint8_t>(Target::sessions) || scope > (scope_conversation | scope_query)) {
            in.fail();
        }
        record.target = static_cast<Target>(target);
        record.of_conversation = (scope & scope_conversation) != 0;
        record.of_query = (scope & scope_query) != 0;
        record.conversation = in.text();
        record.query = in.text();
    };
    return walk(payload, read_head, read_item, visit);
}

Status for_each_session_update(std::string_view payload, const RecordVisitor& visit) {
    const auto read_head = [](Unpacker&, Record&) {};
    return walk(payload, read_head, read_text, visit);
}

}  // namespace ark::items
