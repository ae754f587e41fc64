using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Support;
using static Ksmg.Sdk.Tests.Support.HostileAnswer;

namespace Ksmg.Sdk.Tests;

/// <summary>Whatever a node, or who stands in its place, may say to a call.</summary>
internal static class HostileAnswers
{
    /// <summary>Letters, a colour, a bell, a line end, another direction of writing, a line separator and half an escape.</summary>
    public const string Trick = "\u001b[31mred\u0007\r\nforged: line\u202Eoverride\u2028next\u009b2J";

    private const string Ok = GoodStatus;
    private const string Chunked = Ok + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    private const string Echo = HostileCalls.Password + " " + HostileCalls.Token + " " + HostileCalls.Cookie;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A hundred megabytes of nothing in a hundred kilobytes.</summary>
    private static readonly byte[] Bomb = MakeBomb();

    /// <summary>
    /// By name: what an error has to say (<see langword="null"/>: it may be no error), and the answer where the data that are given would be good,
    /// in the envelope of a dialect or ours.
    /// </summary>
    public static readonly Dictionary<string, (string? Says, Func<string, bool, HostileAnswer> Answer)> All = new()
    {
        ["HTML in a 200"] = ("200", (_, _) => Raw(Respond("<!DOCTYPE html><html><form id=login></form></html>", "text/html"))),
        ["HTML that calls itself JSON"] = ("200", (_, _) => Raw(Respond("\uFEFF \r\n<html><body>error</body></html>"))),
        ["an error in a 200"] = ("busy", (_, dialect) => Raw(Respond(HostileCalls.Refused("\"busy\"", "\"not now: error\"", dialect)))),
        ["an error beside data"] = ("busy", (good, dialect) =>
            Raw(Respond(HostileCalls.Refused("\"busy\"", "\"error\"", dialect)[..^1] + "," + HostileCalls.Good(good, dialect: false)[1..]))),
        ["the word error as text"] = ("400", (_, _) => Raw(Respond("an error occurred", "text/plain", 400))),
        ["nothing"] = ("", (_, _) => Raw("")),
        ["no body"] = ("", (_, _) => Raw(Respond("", status: 200))),
        ["no content"] = ("", (_, _) => Raw("HTTP/1.1 204 No Content\r\n\r\n")),
        ["a body that is cut"] = ("", (good, dialect) => Raw(Respond(HostileCalls.Good(good, dialect))[..^3])),
        ["chunks that are cut"] = ("", (good, dialect) => Raw(Chunked + "400\r\n" + HostileCalls.Good(good, dialect))),
        ["chunks without their end"] = ("", (good, dialect) => Raw(Chunk(HostileCalls.Good(good, dialect))[..^5])),
        ["a chunk of endless size"] = ("", (_, _) => Raw(Chunked + "FFFFFFFFFFFFFFFFF\r\n{")),
        ["a chunk of a size below zero"] = ("", (_, _) => Raw(Chunked + "-1\r\n{")),
        ["a chunk of no size"] = ("", (_, _) => Raw(Chunked + "error\r\n{")),
        ["an endless extension of a chunk"] = ("", (_, _) => Endless(Chunked + "1;", "a")),
        ["endless trailers"] = ("", (_, _) => Endless(Chunked + "0\r\n", "X-A: b\r\n")),
        ["a hundred megabytes in chunks"] = ("larger than", (_, _) => Endless(Chunked, "1000\r\n" + new string('[', 0x1000) + "\r\n")),
        ["a hundred megabytes announced"] = ("larger than", (_, _) => Endless(Ok + "Content-Length: 100000000\r\n\r\n", " ")),
        ["a hundred megabytes without an end"] = ("larger than", (_, _) => Endless(Ok + "\r\n{\"data\":\"", "a")),
        ["endless headers"] = ("", (_, _) => Endless(Ok, "X-Header: value\r\n")),
        ["an endless header"] = ("", (_, _) => Endless(Ok + "X-Header: ", "a")),
        ["an endless status line"] = ("", (_, _) => Endless("HTTP/1.1 200 ", "a")),
        ["endless cookies"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(good, dialect), more: string.Concat(
            Enumerable.Range(0, 1200).Select(i => string.Create(CultureInfo.InvariantCulture, $"Set-Cookie: c{i}={new string('v', 30)}\r\n")))))),
        ["a status that is none"] = ("", (_, _) => Raw("HTTP/1.1 999999 Odd\r\n\r\n")),
        ["a status of nothing"] = ("", (_, _) => Raw("HTTP/1.1 000 Odd\r\n\r\n")),
        ["another protocol"] = ("", (_, _) => Raw("SSH-2.0-OpenSSH_9.6\r\n")),
        ["HTTP/2"] = ("", (_, _) => Raw("\0\0\u0012\u0004\0\0\0\0\0\0\u0003\0\0\0d\0\u0004\0\u0010\0\0")),
        ["an upgrade"] = ("", (_, _) => Raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")),
        ["two lengths"] = ("", (_, _) => Raw(Ok + "Content-Length: 2\r\nContent-Length: 70\r\n\r\n{}")),
        ["a length below zero"] = ("", (_, _) => Raw(Ok + "Content-Length: -2\r\n\r\n{}")),
        ["a length beyond all numbers"] = ("", (_, _) => Raw(Ok + "Content-Length: 99999999999999999999999999\r\n\r\n{}")),
        ["bytes of nothing"] = ("", (_, _) => Raw("\0\u0001\u0002ÿþ\r\n\r\n" + new string('\0', 5000))),
        ["a header with a NUL"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(good, dialect), more: "X-A: a\0b\r\n"))),
        ["a redirect to itself"] = ("302", (_, _) => Raw(Respond("", status: 302, more: "Location: ?again\r\n"))),
        ["a redirect to plain HTTP"] = ("302", (_, _) => Raw(Respond("", status: 302, more: "Location: http://127.0.0.1:1/\r\n"))),
        ["a redirect to a file"] = ("307", (_, _) => Raw(Respond("", status: 307, more: "Location: file:///etc/passwd\r\n"))),
        ["a redirect with secrets"] = ("308", (_, _) =>
            Raw(Respond("", status: 308, more: $"Location: https://other.test/?p={Uri.EscapeDataString(Echo)}\r\n"))),
        ["a redirect nowhere"] = ("301", (_, _) => Raw(Respond("", status: 301))),
        ["a bomb in gzip"] = ("compressed", (_, _) => Raw(Respond(Bomb, more: "Content-Encoding: gzip\r\n"))),
        ["a bomb in what nobody knows"] = ("compressed", (_, _) => Raw(Respond(Bomb, more: "Content-Encoding: zstd, br\r\n"))),
        ["a bomb that says nothing"] = ("", (_, _) => Raw(Respond(Bomb))),
        ["an image"] = ("", (_, _) => Raw(Respond("\u0089PNG\r\n\u001a\n"u8.ToArray(), "image/png"))),
        ["JSON that calls itself an image"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(good, dialect), "image/png"))),
        ["JSON that calls itself HTML"] = ("200", (good, dialect) => Raw(Respond(HostileCalls.Good(good, dialect), "Text/HTML; charset=utf-8"))),
        ["JSON of a type that is none"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(good, dialect), ";;;charset=\u0001"))),
        ["UTF-16"] = ("", (good, dialect) => Raw(Respond(Encoding.Unicode.GetBytes(HostileCalls.Good(good, dialect)), "application/json; charset=utf-16"))),
        ["bytes that are not UTF-8"] = (null, (good, dialect) => Raw(Latin1(HostileCalls.Good(Each(good, _ => "\u00ff\u00c3("), dialect)))),
        ["half a character"] = (null, (good, dialect) =>
            Raw(Respond(HostileCalls.Good(Each(good, _ => "@").Replace("@", "\\ud800", StringComparison.Ordinal), dialect)))),
        ["unknown words"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(Each(good, _ => "unheard-of"), dialect)))),
        ["words that steer"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(Each(good, _ => Trick), dialect)))),
        ["texts of a megabyte"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(Each(good, _ => new string('a', 200_000)), dialect)))),
        ["numbers beyond all"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(Swap(good, "1e400"), dialect)))),
        ["numbers in place of texts"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(Swap(good, "-17"), dialect)))),
        ["lists in place of values"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(Swap(good, "[null]"), dialect)))),
        ["nothing in place of values"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(Swap(good, "null"), dialect)))),
        ["everything twice"] = (null, (good, dialect) => Raw(Respond(Twice(HostileCalls.Good(good, dialect), "null")))),
        ["everything twice, otherwise"] = (null, (good, dialect) => Raw(Respond(Twice(HostileCalls.Good(good, dialect), "[[1]]")))),
        ["depth"] = ("", (_, dialect) => Raw(Respond(HostileCalls.Good(Nest(1000), dialect)))),
        ["depth without end"] = ("", (_, dialect) => Raw(Respond(HostileCalls.Good(Nest(1_000_000), dialect)))),
        ["a million of nothing"] = (null, (_, dialect) =>
            Raw(Respond(HostileCalls.Good("[" + string.Concat(Enumerable.Repeat("{},", 1_000_000)) + "{}]", dialect)))),
        ["a million members"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(
            "{" + string.Concat(Enumerable.Range(0, 200_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"m{i}\":0,")))
            + (good.Length > 2 ? good[1..] : "\"a\":0}"), dialect)))),
        ["something behind the answer"] = ("", (good, dialect) => Raw(Respond(HostileCalls.Good(good, dialect) + HostileCalls.Good(good, dialect)))),
        ["secrets in an error"] = ("", (_, dialect) => Raw(Respond(HostileCalls.Refused($"\"{Echo}\"", $"\"{Echo}\"", dialect), status: 409))),
        ["secrets in a page"] = ("", (_, _) => Raw(Respond($"<html>{Echo}</html>", "text/html", 500))),
        ["secrets in a member"] = (null, (good, dialect) =>
            Raw(Respond(HostileCalls.Good($"{{\"{Echo}\":[1,{{\"{Echo}\":\"{Echo}\"}}]," + Rest(good), dialect)))),
        ["secrets in place of numbers"] = (null, (good, dialect) => Raw(Respond(HostileCalls.Good(Swap(good, $"\"{Echo}\""), dialect)))),
        ["secrets in the status line"] = ("", (_, _) => Raw($"HTTP/1.1 500 {Echo}\r\nContent-Length: 0\r\n\r\n")),
        ["secrets in what is no header"] = ("", (_, _) => Raw($"{Ok}{Echo}\r\n\r\n")),
        ["secrets in what is no status line"] = ("", (_, _) => Raw($"{Echo}\r\n\r\n")),
        ["secrets in what is no chunk"] = ("", (_, _) => Raw($"{Chunked}{Echo}\r\n")),
        ["an error that steers"] = ("", (_, dialect) => Raw(Respond(
            HostileCalls.Refused(JsonValue.Create(Trick).ToJsonString(), JsonValue.Create(Trick).ToJsonString(), dialect), status: 409))),
        ["a redirect that steers"] = ("302", (_, _) => Raw(Respond("", status: 302, more: "Location: https://a.test/\u001b[31m\u0007%1b\u009b\r\n"))),
        ["a page that steers"] = ("", (_, _) => Raw(Respond(Trick, "text/plain", 500))),
        ["a refusal of a megabyte"] = ("", (_, dialect) => Raw(Respond(HostileCalls.Refused("\"busy\"", $"\"{Long("canary-")}\"", dialect)))),
        ["a refusal full of escapes"] = ("", (_, dialect) => Raw(Respond(HostileCalls.Refused("\"busy\"", $"\"{Long("%63&#99;")}\"", dialect)))),
        ["a refusal full of backslashes"] = ("", (_, dialect) => Raw(Respond(HostileCalls.Refused("\"busy\"", $"\"{Long("\\\\")}\"", dialect)))),
        ["a refusal with a long code"] = ("", (_, dialect) => Raw(Respond(HostileCalls.Refused($"\"{Long("ab")}\"", "null", dialect), status: 409))),
        ["a refusal without an end"] = ("", (_, dialect) => Raw(Respond(HostileCalls.Refused("[[[[1]]]]", "{\"a\":{}}", dialect), status: 403))),
        ["a service that is away"] = ("503", (_, _) => Raw(Respond("<html>", "text/html", 503))),
        ["a login that is refused"] = ("401", (_, _) => Raw(Respond("", status: 401))),
    };

    /// <summary>The same answer cut in each way that a network may cut it.</summary>
    public static readonly Dictionary<string, Func<byte[], IEnumerable<int>>> Cuts = new()
    {
        ["byte by byte"] = bytes => bytes.Select(_ => 1),
        ["line by line"] = Lines,
        ["in blits"] = Blits,
    };

    public static byte[] Chunk(string body) => Encoding.UTF8.GetBytes(
        Chunked
        + string.Concat(body.Chunk(7).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Length:x};a=\"b\"\r\n{new string(c)}\r\n")))
        + "0\r\n\r\n");

    private static string Rest(string data) => data.Length > 2 ? data[1..] : "\"z\":0}";

    private static string Long(string again) => string.Concat(Enumerable.Repeat(again, 1_000_000 / again.Length));

    private static string Nest(int depth) => new string('[', depth) + new string(']', depth);

    private static byte[] Latin1(string body) => Respond(Encoding.Latin1.GetBytes(body));

    private static byte[] MakeBomb()
    {
        using MemoryStream bytes = new();
        using (GZipStream gzip = new(bytes, CompressionLevel.SmallestSize))
        {
            byte[] nothing = new byte[1 << 20];
            for (int i = 0; i < 100; i++)
            {
                gzip.Write(nothing);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Data with each text replaced.</summary>
    private static string Each(string data, Func<string, string> replace)
    {
        JsonNode root = JsonNode.Parse(data)!;
        Walk(root);
        return root.ToJsonString(Relaxed);

        void Walk(JsonNode? node)
        {
            foreach (JsonNode? part in Parts(node))
            {
                if (part is JsonValue value && value.TryGetValue(out string? text))
                {
                    value.ReplaceWith(replace(text));
                }
                else
                {
                    Walk(part);
                }
            }
        }
    }

    /// <summary>Data with each value replaced by a piece of JSON, whatever it is.</summary>
    private static string Swap(string data, string json)
    {
        const string mark = "@@";
        JsonNode root = JsonNode.Parse(data)!;
        Walk(root);
        return root.ToJsonString().Replace($"\"{mark}\"", json, StringComparison.Ordinal);

        void Walk(JsonNode? node)
        {
            foreach (JsonNode? part in Parts(node))
            {
                if (part is JsonValue value)
                {
                    value.ReplaceWith(mark);
                }
                else
                {
                    Walk(part);
                }
            }
        }
    }

    /// <summary>An answer in which every member of every object comes once more, as something else.</summary>
    private static string Twice(string json, string other)
    {
        return Write(JsonNode.Parse(json));

        string Write(JsonNode? node) => node switch
        {
            JsonObject o => "{" + string.Join(",", o.SelectMany(m => new[] { $"\"{m.Key}\":{Write(m.Value)}", $"\"{m.Key}\":{other}" })) + "}",
            JsonArray a => "[" + string.Join(",", a.Select(Write)) + "]",
            null => "null",
            _ => node.ToJsonString(),
        };
    }

    private static IEnumerable<JsonNode?> Parts(JsonNode? node) => node switch
    {
        JsonObject o => [.. o.Select(m => m.Value)],
        JsonArray a => [.. a],
        _ => [],
    };

    private static IEnumerable<int> Lines(byte[] bytes)
    {
        int from = 0;
        for (int at; from < bytes.Length; from = at)
        {
            int end = Array.IndexOf(bytes, (byte)'\n', from);
            at = end < 0 ? bytes.Length : end + 1;
            yield return at - from;
        }
    }

    /// <summary>Few and many by turns, and the line end of its own in between.</summary>
    private static IEnumerable<int> Blits(byte[] bytes)
    {
        int[] lengths = [1, 13, 2, 89, 3, 5];
        for (int at = 0, i = 0; at < bytes.Length; at += lengths[i++ % lengths.Length])
        {
            yield return lengths[i % lengths.Length];
        }
    }
}
