#include "views/story_store.hpp"

#include "views/keys.hpp"

namespace ark::views {

Error damaged(std::string_view what) {
    return fail(Errc::corrupt,
                "views: " + std::string(what) + " cannot be read; `ark views rebuild` makes the views anew");
}

Result<std::unique_ptr<Story>> read_story(const store::Snapshot& snapshot, const StoryKey& key, std::uint64_t number) {
    ARK_TRY(const auto row, snapshot.get(store::Space::rows, keys::row(keys::row_type(key), key.tenant, number)));
    auto story = std::make_unique<Story>(key, number);
    if (!row || !story->unpack(*row)) return damaged("the row of a trace");
    ARK_TRY_STATUS(for_each_record(snapshot, number, 0, [&](const Record& record) {
        story->restore(record);
        return true;
    }));
    story->restored();
    return story;
}

Status for_each_record(const store::Snapshot& snapshot, std::uint64_t number, std::uint64_t from,
                       const std::function<bool(const Record&)>& visit) {
    const auto prefix = keys::chunks(number);
    const auto iterator = snapshot.iterate(store::Space::postings, prefix, keys::behind(prefix));
    iterator->seek_for_prev(keys::chunk(number, from));
    if (!iterator->valid()) iterator->seek(prefix);
    Record record;
    for (; iterator->valid(); iterator->next()) {
        ChunkReader reader(iterator->value(), keys::last_number(iterator->key()));
        while (reader.next(record)) {
            if (record.offset >= from && !visit(record)) return ok();
        }
        if (!reader.ok()) return damaged("a posting");
    }
    return ok();
}

items::Context context_of(const Story& story, const Session* session, const Query* query) {
    items::Context context;
    context.conversation_id = story.conversation;
    if (session != nullptr) context.session_id = session->id;
    if (query == nullptr) return context;
    context.query_id = query->id;
    if (query->implicit) return context;
    context.query_name = query->name;
    context.query_namespace = query->namespace_;
    if (context.conversation_id.empty()) context.conversation_id = query->conversation;
    return context;
}

}  // namespace ark::views
