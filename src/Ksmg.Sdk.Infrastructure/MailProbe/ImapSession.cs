using System.Globalization;
using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// One session with an IMAP server (RFC 9051, or 3501): as much of the protocol as it takes to look for a message. Whatever the server
/// sends is bounded.
/// </summary>
internal sealed class ImapSession : IDisposable
{
    private const int MaxLiteral = 256 * 1024;
    private const int MaxAnswer = 8 * 1024 * 1024;
    private const int MaxResponses = 10_000;

    private readonly TextConnection _connection;
    private readonly CancellationToken _cancellationToken;
    private SpokenSecret? _secret;
    private int _tag;

    private ImapSession(TextConnection connection, CancellationToken cancellationToken) => (_connection, _cancellationToken) = (connection, cancellationToken);

    /// <summary>Connects in TLS and reads the greeting.</summary>
    /// <param name="server">The server.</param>
    /// <param name="trust">Which certificate it may present.</param>
    /// <param name="cancellationToken">Ends the session, at whatever it is.</param>
    public static async Task<ImapSession> ConnectAsync(MailServer server, ServerTrust trust, CancellationToken cancellationToken)
    {
        TextConnection connection = await TextConnection.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        try
        {
            await connection.SecureAsync(trust, server.Host, cancellationToken).ConfigureAwait(false);
            string greeting = await connection.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            return greeting.StartsWith("* OK", StringComparison.OrdinalIgnoreCase)
                ? new ImapSession(connection, cancellationToken)
                : throw new ImapException($"it greets with \"{Cut(greeting)}\"");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Logs in with AUTHENTICATE PLAIN, in which every character of a password is safe.</summary>
    public async Task LoginAsync(string user, string password)
    {
        string tag = await BeginAsync("AUTHENTICATE PLAIN").ConfigureAwait(false);
        string line;
        do
        {
            line = await _connection.ReadLineAsync(_cancellationToken).ConfigureAwait(false);
        }
        while (line.StartsWith("* ", StringComparison.Ordinal));
        if (!line.StartsWith('+'))
        {
            throw new ImapException($"it does not take AUTHENTICATE PLAIN: \"{Cut(Tail(line, tag))}\"");
        }

        string payload = $"\0{user}\0{password}";
        _secret = new SpokenSecret(payload, password);
        await _connection.WriteLineAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(payload)), _cancellationToken).ConfigureAwait(false);
        await EndAsync(tag, $"the login of '{user}'").ConfigureAwait(false);
    }

    /// <summary>Opens a folder; without the intention to change it, the server refuses any change.</summary>
    /// <returns>How many messages are in it.</returns>
    public async Task<int> OpenAsync(string folder, bool toChange)
    {
        string name = folder.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        string? exists = (await CommandAsync($"{(toChange ? "SELECT" : "EXAMINE")} \"{name}\"", $"the folder '{folder}'").ConfigureAwait(false))
            .Select(response => response.Text).LastOrDefault(text => text.EndsWith(" EXISTS", StringComparison.OrdinalIgnoreCase));
        return int.TryParse(exists?.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 0;
    }

    /// <summary>Whether the server announces an extension, after the login.</summary>
    public async Task<bool> HasAsync(string capability) =>
        (await CommandAsync("CAPABILITY", "CAPABILITY").ConfigureAwait(false))
            .Any(response => response.Text.StartsWith("CAPABILITY ", StringComparison.OrdinalIgnoreCase) && response.Text.Split(' ').Contains(capability, StringComparer.OrdinalIgnoreCase));

    /// <summary>The unique identifiers of the messages that match.</summary>
    public async Task<IReadOnlyList<uint>> SearchAsync(string criteria) =>
        [.. (await CommandAsync("UID SEARCH " + criteria, "the search").ConfigureAwait(false))
            .Where(response => response.Text.StartsWith("SEARCH", StringComparison.OrdinalIgnoreCase))
            .SelectMany(response => response.Text.Split(' ').Skip(1))
            .Select(word => uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out uint uid) ? uid : 0)
            .Where(uid => uid > 0).Distinct()];

    /// <summary>When messages arrived, and their headers.</summary>
    /// <param name="messages">Their unique identifiers.</param>
    /// <param name="section">Which headers: <c>HEADER</c>, or a choice.</param>
    public async Task<IReadOnlyList<(uint Uid, DateTimeOffset? ReceivedAt, byte[] Headers)>> FetchAsync(IReadOnlyCollection<uint> messages, string section)
    {
        List<(uint, DateTimeOffset?, byte[])> found = [];
        foreach (Response response in await CommandAsync($"UID FETCH {Set(messages)} (UID INTERNALDATE BODY.PEEK[{section}])", "the headers").ConfigureAwait(false))
        {
            if (uint.TryParse(After(response.Text, "UID ").TakeWhile(char.IsAsciiDigit).ToArray(), NumberStyles.None, CultureInfo.InvariantCulture, out uint uid)
                && messages.Contains(uid) && response.Literals.Count == 1)
            {
                found.Add((uid, Date(After(response.Text, "INTERNALDATE \"")), response.Literals[0]));
            }
        }

        return found;
    }

    /// <summary>Deletes messages, and no others that somebody may have marked: needs UIDPLUS.</summary>
    public async Task DeleteAsync(IReadOnlyCollection<uint> messages)
    {
        await CommandAsync($"UID STORE {Set(messages)} +FLAGS.SILENT (\\Deleted)", "the deletion").ConfigureAwait(false);
        await CommandAsync($"UID EXPUNGE {Set(messages)}", "the deletion").ConfigureAwait(false);
    }

    /// <summary>Says goodbye.</summary>
    public async Task LogoutAsync() => await CommandAsync("LOGOUT", "LOGOUT").ConfigureAwait(false);

    public void Dispose() => _connection.Dispose();

    private static string Set(IReadOnlyCollection<uint> messages) => string.Join(',', messages.Select(uid => uid.ToString(CultureInfo.InvariantCulture)));

    private static string After(string text, string word)
    {
        // The word may stand behind the bracket that opens the list, or behind another item.
        int at = text.IndexOf('(' + word, StringComparison.OrdinalIgnoreCase);
        at = at >= 0 ? at : text.IndexOf(' ' + word, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? string.Empty : text[(at + 1 + word.Length)..];
    }

    private static DateTimeOffset? Date(string text) =>
        text.IndexOf('"', StringComparison.Ordinal) is > 0 and int end
        && DateTimeOffset.TryParseExact(text[..end].Trim(), "d-MMM-yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset date)
            ? date
            : null;

    private static string Tail(string line, string tag) => line.StartsWith(tag + " ", StringComparison.Ordinal) ? line[(tag.Length + 1)..] : line;

    private string Told(string status) => _secret?.IsIn(status) == true ? SpokenSecret.LeftOut : $"\"{Cut(status)}\"";

    private static string Cut(string text) => new([.. text.Take(200).Select(c => char.IsAscii(c) && !char.IsControl(c) ? c : ' ')]);

    private async Task<string> BeginAsync(string command)
    {
        string tag = "k" + (++_tag).ToString(CultureInfo.InvariantCulture);
        await _connection.WriteLineAsync($"{tag} {command}", _cancellationToken).ConfigureAwait(false);
        return tag;
    }

    private async Task<List<Response>> CommandAsync(string command, string what) => await EndAsync(await BeginAsync(command).ConfigureAwait(false), what).ConfigureAwait(false);

    /// <summary>The untagged responses up to the tagged one.</summary>
    private async Task<List<Response>> EndAsync(string tag, string what)
    {
        List<Response> responses = [];
        int size = 0;
        while (responses.Count < MaxResponses && size < MaxAnswer)
        {
            Response response = await ReadAsync().ConfigureAwait(false);
            size += response.Text.Length + response.Literals.Sum(literal => literal.Length);
            if (response.Text.StartsWith("* ", StringComparison.Ordinal))
            {
                responses.Add(response with { Text = response.Text[2..] });
            }
            else if (response.Text.StartsWith(tag + " ", StringComparison.Ordinal))
            {
                string status = Tail(response.Text, tag);
                return status.StartsWith("OK", StringComparison.OrdinalIgnoreCase) ? responses : throw new ImapException($"it refuses {what}: {Told(status)}");
            }
            else
            {
                break;
            }
        }

        throw new ImapException($"its answer to {what} is too large, or no IMAP");
    }

    /// <summary>One response: a line, with the literals in it taken out.</summary>
    private async Task<Response> ReadAsync()
    {
        StringBuilder text = new();
        List<byte[]> literals = [];
        while (true)
        {
            string line = await _connection.ReadLineAsync(_cancellationToken).ConfigureAwait(false);
            int open = line is [.., '}'] ? line.LastIndexOf('{') : -1;
            if (open < 0 || !line[(open + 1)..^1].All(char.IsAsciiDigit))
            {
                return new Response(text.Append(line).ToString(), literals);
            }

            if (!int.TryParse(line.AsSpan(open + 1, line.Length - open - 2), NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > MaxLiteral || literals.Count > 0)
            {
                throw new ImapException("it sends headers larger than any message has");
            }

            text.Append(line, 0, open);
            literals.Add(await _connection.ReadBytesAsync(length, _cancellationToken).ConfigureAwait(false));
        }
    }

    private sealed record Response(string Text, IReadOnlyList<byte[]> Literals);
}

/// <summary>The IMAP server refuses, or says what it should not.</summary>
internal sealed class ImapException(string message) : IOException(message);
