# embed_files(TARGET SYMBOL FILE...): puts files into TARGET as the constant
# slotway::metrics::SYMBOL (metrics/embedded_file.h), in the order given, each under its path
# relative to the current folder. A file that changes is embedded anew by the next build.
#
# Also run as a script by the build: cmake -DSYMBOL= -DFOLDER= -DFILES= -DOUTPUT= -P embed_files.cmake
if(NOT CMAKE_SCRIPT_MODE_FILE)
  function(embed_files target symbol)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cc)
    list(JOIN ARGN "|" names)
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -DSYMBOL=${symbol} -DFOLDER=${CMAKE_CURRENT_SOURCE_DIR}
              "-DFILES=${names}" -DOUTPUT=${output} -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
      DEPENDS ${ARGN} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
      COMMENT "Embedding ${symbol}" VERBATIM)
    target_sources(${target} PRIVATE ${output})
  endfunction()
  return()
endif()

string(REPLACE "|" ";" names "${FILES}")
set(text "#include \"metrics/embedded_file.h\"\n\nnamespace slotway::metrics {\nnamespace {\n\n")
set(rows "")
set(count 0)
foreach(name IN LISTS names)
  file(READ ${FOLDER}/${name} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  # A NUL of its own, so that no file is an empty array; it is not part of the text.
  string(APPEND text "constexpr char kFile${count}[] = {${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", {kFile${count}, sizeof(kFile${count}) - 1}},\n")
  math(EXPR count "${count} + 1")
endforeach()
string(APPEND text "constexpr EmbeddedFile kFiles[] = {\n${rows}};\n\n}  // namespace\n\n"
       "extern const std::span<const EmbeddedFile> ${SYMBOL};\n"
       "constinit const std::span<const EmbeddedFile> ${SYMBOL}(kFiles);\n\n"
       "}  // namespace slotway::metrics\n")
file(WRITE ${OUTPUT} "${text}")
