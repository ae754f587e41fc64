namespace Ksmg.Sdk.Tests.Support;

/// <summary>An IMAP server's half of a conversation: it behaves well but for the commands that a test answers itself.</summary>
/// <param name="answers">What it says to a command without its tag; % and a blank stand for the tag; <see langword="null"/>: as a server that behaves
/// well.</param>
internal sealed class ImapScript(Func<string, string?> answers)
{
    /// <summary>As an answer: the connection is closed.</summary>
    public const string Close = "close";

    private string _tag = string.Empty;

    public string Capabilities { get; init; } = "IMAP4rev1 AUTH=PLAIN UIDPLUS";

    public List<string> Commands { get; } = [];

    public static string Fetched(uint uid, string headers) =>
        $"* {uid} FETCH (UID {uid} INTERNALDATE \" 7-Nov-2026 10:00:00 +0200\" BODY[HEADER] {{{headers.Length}}}\r\n{headers})\r\n";

    public int Count(string command)
    {
        lock (Commands)
        {
            return Commands.Count(c => c.StartsWith(command, StringComparison.Ordinal));
        }
    }

    public string? Answer(string line)
    {
        // The one line without a tag is what a client sends after AUTHENTICATE.
        string command = line.Contains(' ', StringComparison.Ordinal) ? line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..] : "(secret)";
        _tag = command == "(secret)" ? _tag : line.Split(' ')[0];
        lock (Commands)
        {
            Commands.Add(command);
        }

        string text = answers(command) ?? Good(command);
        return text == Close ? null : text.Replace("% ", _tag + " ", StringComparison.Ordinal);
    }

    private string Good(string command) => command.Split(' ')[0] switch
    {
        "CAPABILITY" => $"* CAPABILITY {Capabilities}\r\n% OK\r\n",
        "AUTHENTICATE" => "+ \r\n",
        "LIST" => "* LIST (\\HasNoChildren) \"/\" INBOX\r\n% OK\r\n",
        "EXAMINE" or "SELECT" => "* 7 EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 1] ok\r\n% OK [READ-ONLY] done\r\n",
        "UID" when command.Contains("SEARCH", StringComparison.Ordinal) => "* SEARCH\r\n% OK\r\n",
        "LOGOUT" => "* BYE bye\r\n% OK\r\n",
        _ => "% OK\r\n",
    };
}
