#include "views/group.hpp"
#include "views/skeleton.hpp"

#include <cstdint>

/// Whatever is on the disk, reading it ends: with records and rows, or with "damaged".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ark::views;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Story story(StoryKey(), 0);
    Record record;
    for (ChunkReader reader(bytes, 0); reader.next(record);)
        story.restore(record);
    story.restored();
    static_cast<void>(story.totals());
    Story row(StoryKey(), 0);
    if (row.unpack(bytes)) static_cast<void>(row.pack());
    Query query;
    if (query.unpack(bytes)) static_cast<void>(query.pack());
    Session session;
    if (session.unpack(bytes)) static_cast<void>(session.pack());
    return 0;
}
