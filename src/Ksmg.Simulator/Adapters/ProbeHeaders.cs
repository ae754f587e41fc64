using System.Text.RegularExpressions;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>What the headers of a received test message prove.</summary>
internal static partial class ProbeHeaders
{
    public static ProbeCopy Read(MailboxCopy copy)
    {
        string? via = null;
        BuildNumber? build = null;
        string? databases = null;
        foreach (MailHeader header in copy.Headers)
        {
            if (via is null && header.Name.Equals("Received", StringComparison.OrdinalIgnoreCase) && Hop().Match(header.Value) is { Success: true } hop)
            {
                via = hop.Groups["host"].Value;
            }

            if (header.Name.Equals("X-KSMG-AntiVirus", StringComparison.OrdinalIgnoreCase)
                && Version().Match(header.Value) is { Success: true } version
                && BuildNumber.TryParse(version.Groups["build"].ValueSpan, null, out BuildNumber found))
            {
                build = found;
                databases = version.Groups["bases"] is { Success: true } bases ? bases.Value : null;
            }
        }

        return new ProbeCopy(copy.ReceivedAt, via, build, databases);
    }

    [GeneratedRegex(@"\bby (?<host>\S+) \(Postfix\)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Hop();

    [GeneratedRegex(@"version\s+(?<build>[0-9.]+)(,\s+bases:\s+(?<bases>[0-9/: ]*[0-9]))?", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Version();
}

/// <summary>Message-IDs come with and without angle brackets.</summary>
internal static class MessageIds
{
    public static string Bare(string messageId) => messageId.Trim().TrimStart('<').TrimEnd('>');
}
