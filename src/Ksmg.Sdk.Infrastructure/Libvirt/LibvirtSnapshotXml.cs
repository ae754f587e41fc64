using System.Globalization;
using System.Xml;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Reads what libvirt says about a snapshot.</summary>
internal static class LibvirtSnapshotXml
{
    /// <summary>Name, time and state out of a <c>domainsnapshot</c> document; what is nested deeper belongs to parents and machines.</summary>
    /// <exception cref="FormatException">It is no such document.</exception>
    public static NodeSnapshot Read(Stream document)
    {
        XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = 1024 * 1024 };
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        try
        {
            using XmlReader reader = XmlReader.Create(document, settings);
            reader.MoveToContent();
            bool isSnapshot = reader.LocalName == "domainsnapshot";
            bool more = reader.Read();
            while (isSnapshot && more)
            {
                if (reader is { NodeType: XmlNodeType.Element, Depth: 1, LocalName: "name" or "creationTime" or "state" })
                {
                    string name = reader.LocalName;
                    values[name] = reader.ReadElementContentAsString();
                }
                else
                {
                    more = reader.Read();
                }
            }
        }
        catch (XmlException e)
        {
            throw new FormatException(e.Message, e);
        }

        // While libvirt still writes a snapshot it lists none, so what has a state is whole.
        return values.TryGetValue("name", out string? snapshot)
            && long.TryParse(values.GetValueOrDefault("creationTime"), NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && seconds < 1L << 36
            ? new NodeSnapshot(snapshot, DateTimeOffset.FromUnixTimeSeconds(seconds), values.ContainsKey("state"))
            : throw new FormatException(Words.Get("libvirt.no-name"));
    }
}
