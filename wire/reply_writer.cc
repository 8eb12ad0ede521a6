#include "wire/reply_writer.h"

#include <charconv>
#include <string>

#include "wire/real_text.h"

namespace slotway::wire {

void ReplyWriter::header(char type, int64_t value) {
  char* const begin = out_.reserve(32);
  begin[0] = type;
  char* end = std::to_chars(begin + 1, begin + 28, value).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out_.advance(static_cast<size_t>(end - begin));
}

void ReplyWriter::simple(std::string_view text) {
  out_.append("+");
  out_.append(text);
  out_.append("\r\n");
}

void ReplyWriter::note_error(std::string_view line) {
  const size_t space = line.substr(0, kLongestCode + 1).find(' ');
  const bool has_code = space != std::string_view::npos && space > 0;
  const std::string_view code = has_code ? line.substr(0, space) : "ERR";
  error_code_size_ = static_cast<uint8_t>(code.copy(error_code_, kLongestCode));
}

void ReplyWriter::error(std::string_view line) {
  note_error(line);
  while (line.ends_with('\r') || line.ends_with('\n')) line.remove_suffix(1);
  out_.append("-");
  size_t begin = 0;
  for (size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] != '\r' && line[i] != '\n') continue;
    out_.append(line.substr(begin, i - begin));
    if (i < line.size()) out_.append(" ");
    begin = i + 1;
  }
  out_.append("\r\n");
}

void ReplyWriter::error(const Error& e) { error(e.code + " " + e.message); }

void ReplyWriter::integer(int64_t value) { header(':', value); }

void ReplyWriter::bulk(std::string_view bytes) {
  header('$', static_cast<int64_t>(bytes.size()));
  out_.append(bytes);
  out_.append("\r\n");
}

void ReplyWriter::bulk(const BlockRef& block, std::string_view bytes) {
  header('$', static_cast<int64_t>(bytes.size()));
  out_.append(block, bytes);
  out_.append("\r\n");
}

void ReplyWriter::null() { raw(version_ == 2 ? "$-1\r\n" : "_\r\n"); }
void ReplyWriter::null_array() { raw(version_ == 2 ? "*-1\r\n" : "_\r\n"); }
void ReplyWriter::array(size_t count) { header('*', static_cast<int64_t>(count)); }

void ReplyWriter::map(size_t pairs) {
  if (version_ == 2) return array(pairs * 2);
  header('%', static_cast<int64_t>(pairs));
}

void ReplyWriter::set(size_t count) {
  header(version_ == 2 ? '*' : '~', static_cast<int64_t>(count));
}

void ReplyWriter::push(size_t count) {
  header(version_ == 2 ? '*' : '>', static_cast<int64_t>(count));
}

void ReplyWriter::real(double value) {
  const RealText text(value);
  if (version_ == 2) return bulk(text.view());
  out_.append(",");
  out_.append(text.view());
  out_.append("\r\n");
}

void ReplyWriter::boolean(bool value) {
  if (version_ == 2) return integer(value ? 1 : 0);
  raw(value ? "#t\r\n" : "#f\r\n");
}

void ReplyWriter::verbatim(std::string_view format, std::string_view text) {
  if (version_ == 2) return bulk(text);
  header('=', static_cast<int64_t>(text.size() + 4));
  out_.append(format);
  out_.append(":");
  out_.append(text);
  out_.append("\r\n");
}

}  // namespace slotway::wire
