#include "views/group.hpp"
#include "views/skeleton.hpp"

#include <cstdint>

/// Whatever is on the disk, reading it ends: with records and rows, or with "damaged".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace views = ark::views;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    views::Story story(views::StoryKey(), 0);
    views::Record record;
    for (views::ChunkReader reader(bytes, 0); reader.next(record);)
        story.restore(record);
    story.restored();
    static_cast<void>(story.totals());
    views::Story row(views::StoryKey(), 0);
    if (row.unpack(bytes)) static_cast<void>(row.pack());
    views::Query query;
    if (query.unpack(bytes)) static_cast<void>(query.pack());
    views::Session session;
    if (session.unpack(bytes)) static_cast<void>(session.pack());
    return 0;
}
