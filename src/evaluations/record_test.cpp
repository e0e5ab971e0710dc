#include "disk/faulty_disk.hpp"
#include "evaluations/index.hpp"
#include "evaluations/request.hpp"
#include "evaluations/rows.hpp"

#include <gtest/gtest.h>

namespace ark::evaluations {
namespace {

constexpr Epoch epoch{7};

/// A record as the journal would hold it.
std::shared_ptr<model::Batch> stored(std::uint64_t offset, Record record, std::string_view tenant = "default") {
    auto batch = batch_of(record, tenant, UnixNanos{1'700'000'000'000'000'000 + offset});
    batch->assign_base(Offset{offset});
    return batch;
}

Record record(Record::Kind kind, const std::string& id, bool passed = false, double score = 0) {
    Record out;
    out.kind = kind;
    out.id = id;
    out.name = "quality";
    out.subject.query = "q1";
    out.passed = passed;
    out.score = score;
    out.body = R"({"rules":[]})";
    return out;
}

std::vector<std::string> ids(const std::vector<Row>& rows) {
    std::vector<std::string> out;
    for (const auto& row : rows)
        out.push_back(row.id);
    return out;
}

using Ids = std::vector<std::string>;

TEST(Record, ComesBackAsItWasWritten) {
    auto written = record(Record::Kind::changed, "ev-1", true, 0.75);
    written.has_previous = true;
    written.previous_score = 0.5;
    const auto batch = stored(3, written);
    EXPECT_TRUE(may_hold_records(*batch));
    std::optional<Record> read;
    ASSERT_TRUE(items::for_each_item(*batch, [&](const items::Item& item) {
        EXPECT_TRUE(is_our_own(item));
        EXPECT_EQ(item.reason, "EvaluationChanged");
        // Judging a query is no part of it.
        EXPECT_EQ(item.facts.query_id, "");
        read = read_record(item);
        return true;
    }));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, "ev-1");
    EXPECT_EQ(read->subject.query, "q1");
    EXPECT_EQ(read->score, 0.75);
    EXPECT_TRUE(read->passed);
    EXPECT_TRUE(read->has_previous);
    EXPECT_EQ(read->previous_score, 0.5);
    EXPECT_EQ(read->body, written.body);
}

// Goal: the list is a fold: the same from a checkpoint, from the journal, and from both.
TEST(Index, IsTheSameFromACheckpointAndFromTheJournal) {
    const std::vector<std::shared_ptr<model::Batch>> journal{
        stored(0, record(Record::Kind::done, "a", true, 1)), stored(1, record(Record::Kind::started, "b")),
        stored(2, record(Record::Kind::changed, "b", false, 0.5)), stored(3, record(Record::Kind::done, "c"), "other")};
    disk::FaultyDisk disk;
    Index whole(disk, "index.json", epoch);
    for (const auto& batch : journal)
        whole.apply(*batch);
    EXPECT_EQ(ids(whole.list("default", {}, {}, 10)), (Ids{"b", "a"}));
    EXPECT_EQ(ids(whole.list("default", {}, {}, 1)), Ids{"b"});
    EXPECT_EQ(ids(whole.list("default", {}, Offset{1}, 10)), Ids{"a"});
    EXPECT_EQ(ids(whole.running()), Ids{"b"});
    EXPECT_FALSE(whole.find("default", "c"));

    Index half(disk, "half.json", epoch);
    half.apply(*journal[0]);
    half.apply(*journal[1]);
    ASSERT_TRUE(half.save(Index::Save::now));
    Index taken_up(disk, "half.json", epoch);
    EXPECT_EQ(taken_up.folded(), Offset{2});
    for (const auto& batch : journal)
        taken_up.apply(*batch);
    const auto row = taken_up.find("default", "b");
    ASSERT_TRUE(row);
    EXPECT_EQ(json_of(*row).dump(), json_of(*whole.find("default", "b")).dump());
    EXPECT_EQ(row->first, Offset{1});
    EXPECT_EQ(row->latest, Offset{2});

    EXPECT_EQ(Index(disk, "half.json", Epoch{8}).size(), 0u) << "of another journal";
    ASSERT_TRUE(disk.write_file("half.json", "{\"version\":1,"));
    EXPECT_EQ(Index(disk, "half.json", epoch).size(), 0u) << "damaged";
}

TEST(Index, KeepsTheNewest) {
    disk::FaultyDisk disk;
    Index index(disk, "index.json", epoch);
    for (std::uint64_t i = 0; i < Index::rows_max + 3; ++i)
        index.apply(*stored(i, record(Record::Kind::done, "ev-" + std::to_string(i))));
    EXPECT_EQ(index.size(), Index::rows_max);
    EXPECT_FALSE(index.find("default", "ev-2"));
    EXPECT_TRUE(index.find("default", "ev-3"));
}

TEST(Rows, PagesFollowEachOther) {
    disk::FaultyDisk disk;
    Index index(disk, "index.json", epoch);
    for (std::uint64_t i = 0; i < 5; ++i)
        index.apply(*stored(i, record(Record::Kind::done, std::to_string(i), i % 2 == 0, 1)));
    const auto first = page_of(index, "default", "limit=2");
    ASSERT_TRUE(first);
    EXPECT_EQ((*first)["items"][std::size_t{0}]["id"].text(), "4");
    const auto next = page_of(index, "default", "limit=2&cursor=" + std::string((*first)["nextCursor"].text()));
    ASSERT_TRUE(next);
    EXPECT_EQ((*next)["items"][std::size_t{0}]["id"].text(), "2");
    EXPECT_EQ((*page_of(index, "default", "passed=true"))["items"].size(), 3u);
    for (const auto* wrong : {"limit=0", "limit=x", "passed=maybe", "sesion=s", "state=none", "cursor=x", "query=%zz"})
        EXPECT_FALSE(page_of(index, "default", wrong)) << wrong;
}

TEST(Request, TakesDocumentsInEveryShape) {
    for (const auto* body : {
             R"({"evaluation": {"rules": [{"name": "a", "expression": "true"}]}, "query": "q1"})",
             R"({"kind": "Evaluation", "spec": {"type": "event", "config": {"queryRef": {"name": "q1"},
                 "rules": [{"name": "a", "expression": "true"}]}}})",
             R"({"type": "event", "config": {"rules": [{"name": "a", "expression": "true"}]},
                 "parameters": {"query.name": "q1"}, "evaluatorName": "x"})",
         }) {
        const auto request = read_request(body);
        ASSERT_TRUE(request) << body << ": " << request.error().context;
        EXPECT_EQ(request->subject.query, "q1");
        EXPECT_EQ(request->definition->rules.size(), 1u);
        EXPECT_EQ(request->definition->min_score, 0.7);
    }
}

TEST(Request, RefusesWhatDoesNotHoldTogether) {
    const std::string rule = R"({"name": "a", "expression": "true"})";
    for (const auto& body : std::vector<std::string>{
             "",
             "[]",
             "{}",
             "{",
             R"({"expresion": "true"})",
             R"({"expression": 3})",
             R"({"expression": "true", "live": true})",
             R"({"expression": "true", "wait": "5s"})",
             R"({"expression": "true", "query": "q", "wait": "2d"})",
             R"({"evaluation": {"rules": []}})",
             R"({"evaluation": {"rules": [{"name": "", "expression": "true"}]}})",
             R"({"evaluation": {"rules": [{"name": "a", "expression": "true", "weight": -1}]}})",
             R"({"evaluation": {"rules": [{"name": "a", "expression": "true", "weight": 0.5}]}})",
             R"({"evaluation": {"minScore": "high", "rules": [)" + rule + "]}}",
             R"({"evaluation": {"minScore": 1.5, "rules": [)" + rule + "]}}",
             R"({"evaluation": {"type": "made-up", "rules": [)" + rule + "]}}",
             R"({"evaluation": {"kind": "Agent", "rules": [)" + rule + "]}}",
         }) {
        const auto request = read_request(body);
        ASSERT_FALSE(request) << body;
        EXPECT_EQ(request.error().code, Errc::bad_argument) << body;
    }
    for (const auto* type : {"direct", "query", "baseline", "batch"}) {
        const auto request = read_request(R"({"evaluation": {"type": ")" + std::string(type) + R"("}})");
        ASSERT_FALSE(request);
        EXPECT_EQ(request.error().code, Errc::unsupported) << type;
    }
}

}  // namespace
}  // namespace ark::evaluations
