using System.Globalization;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>What a node writes in front of the messages that it takes.</summary>
internal sealed class NodeHeaders(IMailHost host, TimeProvider time)
{
    /// <summary>The name of a message in the queue.</summary>
    public static string QueueId(long id) => id.ToString("X10", CultureInfo.InvariantCulture);

    /// <summary>Of the transfer.</summary>
    public MailHeader Received(string hello, long id, string recipient) => new(
        "Received",
        string.Create(
            CultureInfo.InvariantCulture,
            $"from {hello} (unknown [127.0.0.1]) by {host.HostName} (Postfix) with ESMTP id {QueueId(id)} for <{recipient}>; {time.GetUtcNow():ddd, dd MMM yyyy HH:mm:ss} +0000"));

    /// <summary>Of the scan, by the build that runs now.</summary>
    public IReadOnlyList<MailHeader> Scanned()
    {
        if (!host.AddsHeaders)
        {
            return [];
        }

        BuildNumber build = host.Build;
        return
        [
            new(
                "X-KSMG-AntiVirus",
                string.Create(
                    CultureInfo.InvariantCulture, $"Kaspersky Secure Mail Gateway, version {build}, bases: {time.GetUtcNow():yyyy/MM/dd HH}:00:00 #25324589")),

            // The word for "nothing found" changed between versions; nobody may rely on it.
            new("X-KSMG-AntiVirus-Status", build < new BuildNumber(2, 1, 0, 0) ? "Clean, skipped" : "NotDetected, skipped"),
        ];
    }
}
