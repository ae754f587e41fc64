using System.Buffers;
using System.Text;
using Ksmg.Sdk.Upgrades;
using MimeKit;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>The headers of a received message, top to bottom, unfolded.</summary>
internal sealed class MessageHeaders
{
    private const string BuildHeader = "X-KSMG-AntiVirus";

    private static readonly SearchValues<char> _buildCharacters = SearchValues.Create("0123456789.");

    private readonly HeaderList _headers;

    /// <summary>Headers that a mail server handed out.</summary>
    public MessageHeaders(HeaderList headers) => _headers = headers;

    /// <summary>Reads up to the empty line; what is no header is passed over.</summary>
    public MessageHeaders(byte[] message)
    {
        try
        {
            _headers = HeaderList.Load(new MemoryStream(message));
        }
        catch (FormatException)
        {
            _headers = [];
        }
    }

    /// <summary>The Message-ID with its angle brackets.</summary>
    public string? MessageId => Values("Message-ID").FirstOrDefault();

    /// <summary>What the headers prove. The lowest ones are looked at first: they were written by the first hop, the node that took the message.</summary>
    /// <param name="receivedAt">When the message arrived.</param>
    /// <param name="nodes">The names of each node of the cluster. Several may share one behind "by": "from" then tells them apart.</param>
    public ProbeCopy ToCopy(DateTimeOffset? receivedAt, IReadOnlyList<IReadOnlyCollection<string>> nodes)
    {
        List<string[]> hops = [.. Values("Received").Reverse().Select(value => WithoutComments(value).Split(' ', StringSplitOptions.RemoveEmptyEntries))];

        // "by" is what a hop says of itself, "from" what the next one says of it.
        string? via = hops.Select(hop => Named(hop, "by")).Concat(hops.Select(hop => Named(hop, "from"))).OfType<string>().FirstOrDefault();
        string? scan = Values(BuildHeader).Reverse().FirstOrDefault(value => BuildIn(value) is not null);
        return new ProbeCopy(receivedAt, via, BuildIn(scan ?? string.Empty), DatabasesIn(scan ?? string.Empty));

        string? Named(string[] hop, string word)
        {
            int at = Array.FindIndex(hop, token => token.Equals(word, StringComparison.OrdinalIgnoreCase));
            string host = at >= 0 && at + 1 < hop.Length ? hop[at + 1].TrimEnd(';', '.') : string.Empty;
            int node = HostNames.Find(nodes, host);
            return node < 0 ? null : nodes[node].First(name => HostNames.AreSame(name, host));
        }
    }

    private IEnumerable<string> Values(string name) =>
        _headers
            .Where(h => h.Field.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(h => string.Join(' ', h.Value.Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)));

    /// <summary>Comments stand in round brackets and hold what others say, such as the name a client gave itself.</summary>
    private static string WithoutComments(string value)
    {
        StringBuilder text = new(value.Length);
        int depth = 0;
        foreach (char c in value)
        {
            depth += c == '(' ? 1 : 0;
            if (depth == 0)
            {
                text.Append(c);
            }

            depth -= c == ')' && depth > 0 ? 1 : 0;
        }

        return text.ToString();
    }

    /// <summary>What stands behind "bases:", up to the number of the set.</summary>
    private static string? DatabasesIn(string value)
    {
        const string Word = "bases:";
        int at = value.IndexOf(Word, StringComparison.OrdinalIgnoreCase);
        string date = at < 0 ? string.Empty : value[(at + Word.Length)..].Split('#', ',')[0].Trim();
        return date.Length is > 0 and <= 30 && date.All(c => char.IsAsciiDigit(c) || c is '/' or '-' or ':' or '.' or ' ') ? date : null;
    }

    private static BuildNumber? BuildIn(string value)
    {
        const string Word = "version ";
        int at = value.IndexOf(Word, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        ReadOnlySpan<char> rest = value.AsSpan(at + Word.Length).TrimStart();
        int end = rest.IndexOfAnyExcept(_buildCharacters);
        return BuildNumber.TryParse((end < 0 ? rest : rest[..end]).TrimEnd('.'), null, out BuildNumber build) ? build : null;
    }
}
