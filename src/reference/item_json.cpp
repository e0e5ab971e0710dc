#include "reference/item_json.hpp"

#include "codec/json_pen.hpp"
#include "codec/json_writer.hpp"
#include "items/json_events.hpp"
#include "reference/json_text.hpp"
#include "reference/span_json.hpp"

#include <algorithm>
#include <utility>

namespace ark::reference {
namespace {

using codec::JsonWriter;

std::string iso_of(UnixNanos time) {
    return iso_of_ms(time.value() / 1'000'000);
}

void write_message(JsonWriter& json, const model::Batch& batch, const items::Record& record, const Found& found) {
    json.begin_object();
    json.key("timestamp").plain(iso_of(batch.header().received));
    json.field("conversation_id", record.conversation).field("query_id", record.query);
    json.key("message").raw(record.text);
    json.field("sequence", found.sequence).end_object();
}

/// Messages of a batch, mostly, came at the same time: its text is made once.
class MessageJson {
public:
    void append(Buffer& out, const model::Batch& batch, const items::Record& record, const Found& found) {
        const auto ms = batch.header().received.value() / 1'000'000;
        if (time_.empty() || ms != ms_) time_ = iso_of_ms(ms_ = ms);
        constexpr std::size_t framing = 192;
        codec::make_room(out, record.conversation.size() + record.query.size() + record.text.size() + framing);
        codec::JsonPen pen(out.spare());
        pen.add(R"({"timestamp":")").add(time_).add(R"(","conversation_id":")").text(record.conversation);
        pen.add(R"(","query_id":")").text(record.query).add(R"(","message":)").add(record.text);
        pen.add(R"(,"sequence":)").decimal(found.sequence).add("}");
        if (pen.sound()) return out.commit(pen.size());
        std::string text;
        JsonWriter json(text);
        write_message(json, batch, record, found);
        out.append(text);
    }

private:
    std::uint64_t ms_ = 0;
    std::string time_;  // of ms_; empty: none yet
};

void write_chunk_record(JsonWriter& json, const model::Batch& batch, const items::Record& record, const Found& found) {
    json.begin_object();
    json.field("sequenceNumber", found.sequence);
    json.key("timestamp").plain(iso_of(batch.header().received));
    json.key("data").begin_object().field("queryId", record.query);
    json.key("chunk").raw(record.text);
    if (record.completes) json.field("complete", true);
    json.end_object().end_object();
}

void write_sent_event(JsonWriter& json, const items::Item& item) {
    items::for_each_event(item, false, [&](const items::Event& event) { items::write_json_event(json, event, {}); });
}

void write_item(JsonWriter& json, const model::Batch& batch, const items::Item& item, Shape shape, const Found& found) {
    switch (item.type) {
        case items::ItemType::event:
            return write_sent_event(json, item);
        case items::ItemType::chunk:
            if (shape == Shape::listed) return write_chunk_record(json, batch, *item.record, found);
            json.raw(item.record->text);
            return;
        case items::ItemType::message:  // MessageJson
        case items::ItemType::span:
        case items::ItemType::log:
        case items::ItemType::deletion:
        case items::ItemType::session_update:
            return;
    }
}

/// Visits stretches of `offset_of(i)`, i < count, that share a batch, until it is told false; those that the journal
/// has lost to retention are left out.
template <class OffsetOf, class Visit>
Status for_each_batch(journal::Batches& batches, std::size_t count, const OffsetOf& offset_of, const Visit& visit) {
    for (std::size_t i = 0; i < count;) {
        auto batch = batches.holding(offset_of(i));
        if (!batch && batch.error().code != Errc::expired) return batch.error();
        if (!batch || *batch == nullptr) {
            ++i;
            continue;
        }
        auto end = i + 1;
        while (end < count && offset_of(end) < (*batch)->end())
            ++end;
        ARK_TRY(const bool go_on, visit(**batch, i, end));
        if (!go_on) return ok();
        i = end;
    }
    return ok();
}

/// The text of a chat completion's pieces put together.
struct Answer {
    std::string first;  ///< its first piece: the others repeat its id and model
    std::string text;

    /// False: not a piece of a chat completion.
    bool add(std::string_view chunk) {
        const JsonView piece(chunk);
        if (!piece.is(JsonType::object) || !piece.find("choices").is(JsonType::array)) return false;
        if (first.empty()) first = chunk;
        piece.find("choices").for_each_element([this](JsonView choice) {
            const auto index = choice.find("index");
            if (!index || index.text() == "0") text += choice.find("delta").find("content").string();
        });
        return true;
    }
    std::string json() const {
        std::string out;
        JsonWriter writer(out);
        writer.begin_object();
        const JsonView piece(first);
        for (const std::string_view name : {"id", "object", "created", "model"}) {
            if (const auto value = piece.find(name)) writer.key(name).raw(value.text());
        }
        writer.key("choices").begin_array().begin_object().field("index", 0);
        writer.key("delta").begin_object().field("role", "assistant").field("content", text).end_object();
        writer.field("finish_reason", "stop").end_object().end_array().end_object();
        return out;
    }
};

}  // namespace

std::string iso_of_ms(std::uint64_t ms) {
    return to_rfc3339(UnixNanos(ms * 1'000'000));
}

Status write_json(const Reads& reads, Kind kind, std::span<const Found> found, Shape shape, ItemSink& sink) {
    if (kind == Kind::spans) {
        SpanJson json;
        std::vector<Offset> offsets;
        offsets.reserve(found.size());
        for (const auto& its : found)
            offsets.push_back(its.offset);
        return for_each_span_at(reads, offsets, [&](std::size_t place, const otlp::SpanView& span) {
            json.append(sink.begin(found[place]), span);
            return sink.end(found[place]);
        });
    }
    MessageJson messages;
    std::string text;
    const auto offset_of = [&](std::size_t i) { return found[i].offset; };
    return for_each_batch(reads.batches(), found.size(), offset_of,
                          [&](const model::Batch& batch, std::size_t from, std::size_t until) -> Result<bool> {
                              bool go_on = true;
                              ARK_TRY_STATUS(items::for_each_item(batch, [&](const items::Item& item) {
                                  if (item.offset != found[from].offset) return true;
                                  auto& out = sink.begin(found[from]);
                                  if (item.type == items::ItemType::message) {
                                      messages.append(out, batch, *item.record, found[from]);
                                  } else {
                                      text.clear();
                                      JsonWriter json(text);
                                      write_item(json, batch, item, shape, found[from]);
                                      out.append(text);
                                  }
                                  go_on = sink.end(found[from]);
                                  return go_on && ++from < until;
                              }));
                              return go_on;
                          });
}

Status for_each_json(const Reads& reads, Kind kind, std::span<const Found> found, Shape shape,
                     const JsonVisitor& visit) {
    class Visited final : public ItemSink {
    public:
        explicit Visited(const JsonVisitor& visit) : visit_(visit) {}
        Buffer& begin(const Found&) override {
            text_.clear();
            return text_;
        }
        bool end(const Found& found) override { return visit_(found, text_.view()); }

    private:
        const JsonVisitor& visit_;
        Buffer text_;
    };
    Visited sink(visit);
    return write_json(reads, kind, found, shape, sink);
}

Status for_each_span_at(const Reads& reads, std::span<const Offset> offsets, const SpanVisitor& visit) {
    const auto offset_of = [&](std::size_t i) { return offsets[i]; };
    return for_each_batch(reads.batches(), offsets.size(), offset_of,
                          [&](const model::Batch& batch, std::size_t from, std::size_t until) -> Result<bool> {
                              if (batch.header().kind != model::BatchKind::traces) return true;
                              bool go_on = true;
                              auto at = offsets[from];
                              const auto visit_one = [&](const otlp::SpanView& span) {
                                  if (at == offsets[from]) go_on = visit(from++, span);
                                  ++at;
                                  return go_on && from < until;
                              };
                              ARK_TRY_STATUS(otlp::for_each_span(batch.payload(), visit_one, at - batch.base()));
                              return go_on;
                          });
}

Status for_each_compacted(const Reads& reads, const CompactedRow& row, const JsonVisitor& visit) {
    std::vector<Found> found;
    for (const auto& stretch : row.stretches) {
        for (std::uint64_t i = 0; i < stretch.count; ++i)
            found.push_back({0, stretch.offset + i, false});
    }
    Answer answer;
    std::vector<std::string> chunks;
    bool whole = true;
    ARK_TRY_STATUS(for_each_json(reads, Kind::chunks, found, Shape::bare, [&](const Found&, std::string_view chunk) {
        whole = answer.add(chunk) && whole;
        chunks.emplace_back(chunk);
        return true;
    }));
    Found shown;
    shown.sequence = row.completed - 1;
    if (whole && !answer.text.empty()) {
        static_cast<void>(visit(shown, answer.json()));
        return ok();
    }
    for (const auto& chunk : chunks) {
        if (!visit(shown, chunk)) break;
    }
    return ok();
}

}  // namespace ark::reference
