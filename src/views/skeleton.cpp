#include "views/skeleton.hpp"

#include <cstring>
#include <utility>

namespace ark::views {
namespace {

constexpr std::uint8_t chunk_version = 1;
constexpr std::size_t bytes_at_first = 160;  // three spans
constexpr std::size_t texts_at_first = 8;
constexpr std::uint8_t what_mask = 3;
constexpr std::uint8_t has_span = 4;
constexpr std::uint8_t has_parent = 8;
constexpr std::uint8_t has_usage = 16;
constexpr std::uint8_t names_first_query = 32;
constexpr std::uint8_t names_query = 64;

char* put_id(char* out, const SpanId& id) {
    std::memcpy(out, id.bytes.data(), SpanId::size);
    return out + SpanId::size;
}

}  // namespace

void ChunkWriter::append_shared(std::uint32_t number, std::string_view text) {
    if (shared_.size() <= number) {
        if (shared_.empty()) shared_.reserve(texts_at_first);
        shared_.resize(number + 1);
    }
    if (shared_[number] != 0) {
        append_varint(bytes_, shared_[number]);
        return;
    }
    shared_[number] = ++shared_count_;
    append_varint(bytes_, 0);
    append_text(bytes_, text);
}

// One append to the string for all but texts and usage: a byte at a time would cost more than all else here.
void ChunkWriter::append(const Record& record, std::uint32_t name, std::uint32_t subject) {
    if (bytes_.empty()) {
        first_offset_ = last_offset_ = record.offset;
        last_time_ = 0;
        bytes_.reserve(bytes_at_first);
        bytes_.push_back(static_cast<char>(chunk_version));
    }
    auto head = static_cast<std::uint8_t>(record.what);
    if (record.span_id.valid()) head |= has_span;
    if (record.parent.valid()) head |= has_parent;
    if (record.usage.any()) head |= has_usage;
    if (record.query != 0) head |= record.query == 1 ? names_first_query : names_query;
    char fixed[4 + 5 * varint_bytes_max + 2 * SpanId::size];
    char* out = fixed;
    *out++ = static_cast<char>(head);
    *out++ = static_cast<char>(record.flags);
    out = put_varint(out, record.offset - last_offset_);
    out = put_varint(out, zigzag_difference(record.time, last_time_));
    last_offset_ = record.offset;
    last_time_ = record.time;
    if (record.span_id.valid()) out = put_id(out, record.span_id);
    if (record.what != Record::What::item) {
        if (record.parent.valid()) out = put_id(out, record.parent);
        *out++ = static_cast<char>(record.kind);
        if (record.query > 1) out = put_varint(out, record.query);
        out = put_varint(out, zigzag_difference(record.start, record.time));
        out = put_varint(out, zigzag_difference(record.end, record.start));
    }
    bytes_.append(fixed, static_cast<std::size_t>(out - fixed));
    if (record.what == Record::What::item) return;
    append_shared(name, record.name);
    append_shared(subject, record.subject);
    if (record.usage.any()) record.usage.pack(bytes_);
}

std::string ChunkWriter::take() {
    shared_.clear();
    shared_count_ = 0;
    return std::exchange(bytes_, {});
}

ChunkReader::ChunkReader(std::string_view chunk, std::uint64_t first_offset) : in_(chunk), last_offset_(first_offset) {
    if (in_.byte() != chunk_version) in_.fail();
}

std::string_view ChunkReader::shared() {
    const auto number = in_.varint();
    if (number == 0) {
        const auto text = in_.text();
        shared_.push_back(text);
        return text;
    }
    return number <= shared_.size() ? shared_[number - 1] : std::string_view{};
}

bool ChunkReader::next(Record& record) {
    if (in_.at_end()) return false;
    record = Record();
    const auto head = in_.byte();
    record.what = static_cast<Record::What>(head & what_mask);
    record.flags = in_.byte();
    record.offset = last_offset_ += in_.varint();
    record.time = last_time_ = in_.difference(last_time_);
    if ((head & has_span) != 0) in_.id(record.span_id);
    if (record.what == Record::What::item) return in_.ok();
    if ((head & has_parent) != 0) in_.id(record.parent);
    const auto kind = in_.byte();
    record.kind = kind < model::kind_count ? static_cast<model::Kind>(kind) : model::Kind::other;
    record.query =
        (head & names_query) != 0 ? static_cast<std::uint16_t>(in_.varint()) : (head & names_first_query) != 0;
    record.start = in_.difference(record.time);
    record.end = in_.difference(record.start);
    record.name = shared();
    record.subject = shared();
    if ((head & has_usage) != 0) record.usage.unpack(in_);
    return in_.ok();
}

}  // namespace ark::views
