#include "loadgen/vocabulary.hpp"

#include <array>

namespace ark::loadgen {

std::span<const Topic> topics() {
    static constexpr Topic all[] = {
        {"Compare three heat pumps for a house of 120 square metres", "researcher", "web_search", "read_page"},
        {"What will the weather be in Oslo on Saturday?", "weather", "geocode", "forecast"},
        {"Reconcile yesterday's payments with the bank statement", "accountant", "sql_query", "send_report"},
        {"Why did the nightly build fail?", "build_doctor", "read_log", "search_code"},
        {"Summarise the three open contracts and list what is due this month", "paralegal", "read_document",
         "calendar"},
        {"Plan two days in Lisbon for four people who like food", "traveller", "web_search", "book_table"},
        {"Which customers churned last quarter, and what did they have in common?", "analyst", "sql_query", "plot"},
        {"Draft an answer to the supplier's letter about the late delivery", "secretary", "read_document",
         "style_check"},
        {"Find the cheapest train from Hamburg to Milan next Thursday", "traveller", "timetable", "price_search"},
        {"Is this invoice a duplicate?", "accountant", "ocr", "sql_query"},
        {"Translate the product page into Spanish and check the tone", "translator", "glossary", "style_check"},
        {"Write a test that shows the race in the session cache", "engineer", "search_code", "run_tests"},
    };
    return all;
}

std::span<const ModelName> models() {
    static constexpr ModelName all[] = {
        {"gpt-4.1", "openai", 2.0, 8.0},
        {"gpt-4.1-mini", "openai", 0.4, 1.6},
        {"claude-sonnet-4", "anthropic", 3.0, 15.0},
        {"mistral-large", "mistral_ai", 2.0, 6.0},
    };
    return all;
}

std::span<const std::string_view> specialists() {
    static constexpr std::string_view all[] = {
        "planner",  "searcher", "reader",  "critic",    "writer",   "editor",    "fact_checker", "statistician",
        "designer", "lawyer",   "pricing", "logistics", "security", "reviewer",  "scheduler",    "negotiator",
        "auditor",  "coder",    "tester",  "architect", "ethicist", "librarian", "linguist",     "summariser",
    };
    return all;
}

std::string prose(Random& random, std::size_t bytes) {
    static constexpr std::string_view sentences[] = {
        "The second source agrees with the first on the price, but not on the date. ",
        "Three of the five candidates meet the requirement; the others are listed for completeness. ",
        "I will look this up before I answer. ",
        "According to the data sheet, the efficiency drops below minus seven degrees. ",
        "The figures for March are provisional and may change. ",
        "This step can be skipped when the earlier result is still valid. ",
        "Nothing in the log points to the network. ",
        "The shortest connection takes nine hours with one change. ",
        "Please confirm the number of guests before the table is booked. ",
        "Two records have the same amount, date and reference. ",
        "The customer asked for a reply by Friday noon. ",
        "All checks passed on the second attempt. ",
    };
    std::string text;
    text.reserve(bytes + 100);
    while (text.size() < bytes)
        text += pick(std::span<const std::string_view>(sentences), random);
    text.resize(bytes);
    return text;
}

}  // namespace ark::loadgen
