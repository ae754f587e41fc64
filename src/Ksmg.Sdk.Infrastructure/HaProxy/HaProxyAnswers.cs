using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Reads what HAProxy's runtime API prints (2.4 and later). Columns are found by name, so a version that adds some does no harm.</summary>
internal static class HaProxyAnswers
{
    // srv_admin_state. What keeps sessions away: forced, inherited and DNS maintenance; forced and inherited drain. The guide lists two more
    // beside them that do not: the server was disabled in the configuration, whatever it is now, and its name was set at run time.
    private const int MaintenanceBits = 0x01 | 0x02 | 0x20;
    private const int DrainBits = 0x08 | 0x10;

    /// <summary>The mode of each server out of <c>show servers state</c>; <see langword="null"/>: the answer holds no such table.</summary>
    public static Dictionary<string, LoadMode>? Modes(string answer, string backend)
    {
        Dictionary<string, LoadMode> modes = new(StringComparer.Ordinal);
        List<string[]>? rows = Table(answer, "# be_id ", ' ');
        if (rows is null)
        {
            return null;
        }

        int be = Array.IndexOf(rows[0], "be_name");
        int name = Array.IndexOf(rows[0], "srv_name");
        int admin = Array.IndexOf(rows[0], "srv_admin_state");
        int weight = Array.IndexOf(rows[0], "srv_uweight");
        if (be < 0 || name < 0 || admin < 0 || weight < 0)
        {
            return null;
        }

        foreach (string[] row in rows.Skip(1))
        {
            if (row.Length < rows[0].Length
                || !int.TryParse(row[admin], NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
                || !int.TryParse(row[weight], NumberStyles.None, CultureInfo.InvariantCulture, out int uweight))
            {
                return null;
            }

            // A server of weight 0 gets no new sessions, whatever its administrative state says.
            if (row[be] == backend)
            {
                modes[row[name]] = (bits & MaintenanceBits) != 0 ? LoadMode.Maintenance
                    : (bits & DrainBits) != 0 || uweight == 0 ? LoadMode.Drain
                    : LoadMode.Ready;
            }
        }

        return modes;
    }

    /// <summary>The number of a backend that has servers, out of <c>show servers state</c>.</summary>
    public static string? Number(string answer, string backend)
    {
        List<string[]> rows = Table(answer, "# be_id ", ' ') ?? [];
        int id = rows.Count == 0 ? -1 : Array.IndexOf(rows[0], "be_id");
        int be = rows.Count == 0 ? -1 : Array.IndexOf(rows[0], "be_name");
        string? number = id < 0 || be < 0 ? null : rows.Skip(1).FirstOrDefault(row => row.Length >= rows[0].Length && row[be] == backend)?[id];
        return number is { Length: > 0 } && number.All(char.IsAsciiDigit) ? number : null;
    }

    /// <summary>
    /// Where HAProxy leads each server's sessions, out of <c>show servers state</c>; a server without an address, such as one whose name
    /// is not resolved yet or a Unix socket, is left out.
    /// </summary>
    public static Dictionary<string, string> Addresses(string answer, string backend)
    {
        Dictionary<string, string> addresses = new(StringComparer.Ordinal);
        List<string[]> rows = Table(answer, "# be_id ", ' ') ?? [];
        int be = rows.Count == 0 ? -1 : Array.IndexOf(rows[0], "be_name");
        int name = be < 0 ? -1 : Array.IndexOf(rows[0], "srv_name");
        int address = be < 0 ? -1 : Array.IndexOf(rows[0], "srv_addr");
        int port = be < 0 ? -1 : Array.IndexOf(rows[0], "srv_port");
        if (name < 0 || address < 0 || port < 0)
        {
            return addresses;
        }

        foreach (string[] row in rows.Skip(1).Where(row => row.Length >= rows[0].Length && row[be] == backend))
        {
            if (IPAddress.TryParse(row[address], out IPAddress? ip)
                && ushort.TryParse(row[port], NumberStyles.None, CultureInfo.InvariantCulture, out ushort number))
            {
                // Port 0: the port the client came to.
                string host = ip.AddressFamily == AddressFamily.InterNetworkV6 ? string.Create(CultureInfo.InvariantCulture, $"[{ip}]") : ip.ToString();
                addresses[row[name]] = number == 0 ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{number}");
            }
        }

        return addresses;
    }

    /// <summary>The counters of each server out of <c>show stat</c>; <see langword="null"/>: the answer holds no such table.</summary>
    public static Dictionary<string, Counters>? Counts(string answer, string backend)
    {
        Dictionary<string, Counters> counts = new(StringComparer.Ordinal);
        List<string[]>? rows = Table(answer, "# pxname,", ',');
        if (rows is null)
        {
            return null;
        }

        int proxy = Array.IndexOf(rows[0], "pxname");
        int name = Array.IndexOf(rows[0], "svname");
        int current = Array.IndexOf(rows[0], "scur");
        int total = Array.IndexOf(rows[0], "stot");
        int status = Array.IndexOf(rows[0], "status");
        int check = Array.IndexOf(rows[0], "check_status");
        int agent = Array.IndexOf(rows[0], "agent_status");
        if (proxy < 0 || name < 0 || current < 0 || total < 0 || status < 0 || check < 0)
        {
            return null;
        }

        foreach (string[] row in rows.Skip(1))
        {
            if (row.Length < rows[0].Length)
            {
                return null;
            }

            if (row[proxy] == backend && row[name] is not ("FRONTEND" or "BACKEND"))
            {
                if (!int.TryParse(row[current], NumberStyles.None, CultureInfo.InvariantCulture, out int sessions)
                    || !long.TryParse(row[total], NumberStyles.None, CultureInfo.InvariantCulture, out long sessionsTotal))
                {
                    return null;
                }

                counts[row[name]] = new Counters(sessions, sessionsTotal, Health(row[status], row[check], agent < 0 ? string.Empty : row[agent]));
            }
        }

        return counts;
    }

    /// <summary>What stands before the first table of an answer: the complaint about a command, or nothing.</summary>
    public static string Complaint(string answer)
    {
        int table = answer.IndexOf("1\n# be_id ", StringComparison.Ordinal);
        return (table < 0 ? answer : answer[..table]).Trim();
    }

    /// <summary>Whether the master process answered, which knows no servers: it offers to speak of processes, as no other socket does.</summary>
    public static bool IsOfMaster(string answer) =>
        answer.Contains("processes", StringComparison.Ordinal) || answer.Contains("@<relative", StringComparison.Ordinal);

    /// <summary>
    /// The status says it, whoever found out: a check, an agent, the server that this one tracks, the traffic itself. The check column alone
    /// is empty for all but the first.
    /// </summary>
    private static bool? Health(string status, string check, string agent) => status switch
    {
        // Looked at by an agent alone; an asterisk before its word says that it is asked again.
        "no check" when agent.EndsWith("L7OK", StringComparison.Ordinal) => true,

        // Not looked at.
        _ when status is "no check" || status.StartsWith("MAINT", StringComparison.Ordinal) => null,
        _ when status.StartsWith("UP", StringComparison.Ordinal) => true,

        // A drained server that nobody checks looks the same.
        _ when status.StartsWith("DRAIN", StringComparison.Ordinal) => check.Length > 0 ? true : null,
        _ => false,
    };

    /// <summary>The header and the rows of a table up to the empty line that ends it; <see langword="null"/>: not there, or not whole.</summary>
    private static List<string[]>? Table(string answer, string start, char separator)
    {
        List<string[]> rows = [];

        // What stands behind the last line end is a line that broke off.
        foreach (string line in answer.Split('\n').SkipLast(1))
        {
            if (rows.Count == 0)
            {
                if (line.StartsWith(start, StringComparison.Ordinal))
                {
                    rows.Add(line[2..].Split(separator));
                }
            }
            else if (line.Length == 0)
            {
                return rows;
            }
            else
            {
                rows.Add(separator == ',' ? Fields(line) : line.Split(separator));
            }
        }

        return null;
    }

    /// <summary>The fields of a CSV line; texts from servers may be quoted and hold commas.</summary>
    private static string[] Fields(string line)
    {
        if (!line.Contains('"', StringComparison.Ordinal))
        {
            return line.Split(',');
        }

        List<string> fields = [];
        StringBuilder field = new();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (line[i] == '"')
            {
                quoted = !quoted;
            }
            else if (line[i] == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(line[i]);
            }
        }

        fields.Add(field.ToString());
        return [.. fields];
    }

    /// <summary>What <c>show stat</c> says about a server.</summary>
    public sealed record Counters(int Sessions, long SessionsTotal, bool? Healthy);
}
