using System.Xml;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Reads what a machine's definition says about snapshots within its own disks, which is how a run takes them.</summary>
internal static class LibvirtDomainXml
{
    /// <summary>Why libvirt would refuse a snapshot of the machine, in words; <see langword="null"/>: nothing there speaks against it.</summary>
    /// <exception cref="FormatException">It is no definition of a machine.</exception>
    public static string? WhyNoSnapshot(Stream document)
    {
        XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = 4 * 1024 * 1024 };
        XmlDocument machine = new();
        try
        {
            using XmlReader reader = XmlReader.Create(document, settings);
            machine.Load(reader);
        }
        catch (XmlException e)
        {
            throw new FormatException(e.Message, e);
        }

        if (machine.DocumentElement is not { LocalName: "domain" } root)
        {
            throw new FormatException(Words.Get("libvirt.no-machine"));
        }

        // The variables of the firmware are a disk of their own, and only newer versions take a snapshot of those in qcow2.
        if (root.SelectSingleNode("os/loader[@type='pflash']") is not null && root.SelectSingleNode("os/nvram[@format='qcow2']") is null)
        {
            return Words.Get("libvirt.firmware");
        }

        // A drive that is empty or can only be read is left out. libvirt takes a disk that names no format for a raw one.
        foreach (XmlElement disk in root.SelectNodes("devices/disk")!.OfType<XmlElement>()
            .Where(disk => disk.GetAttribute("device") is "" or "disk" or "lun" && disk.SelectSingleNode("readonly") is null))
        {
            string format = (disk.SelectSingleNode("driver") as XmlElement)?.GetAttribute("type") is { Length: > 0 } type ? type : "raw";
            if (format != "qcow2" && disk.SelectSingleNode("source[@protocol='rbd']") is null)
            {
                return Words.Get("libvirt.disk", (disk.SelectSingleNode("target") as XmlElement)?.GetAttribute("dev") ?? "-", format);
            }
        }

        return null;
    }
}
