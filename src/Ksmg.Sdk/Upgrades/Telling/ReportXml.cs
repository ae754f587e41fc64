using System.Globalization;
using System.Text;
using System.Xml;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What reports in XML and HTML have in common: nodes, neighbours and people put words into them, and no markup.</summary>
internal static class ReportXml
{
    /// <summary>Writes a document in UTF-8 whose lines end alike everywhere.</summary>
    /// <param name="isXml">Whether it says of itself that it is XML.</param>
    /// <param name="write">Writes its content.</param>
    public static string Write(bool isXml, Action<XmlWriter> write)
    {
        XmlWriterSettings settings = new()
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            Indent = true,
            NewLineChars = "\n",
            OmitXmlDeclaration = !isXml,
        };
        using MemoryStream bytes = new();
        using (XmlWriter writer = XmlWriter.Create(bytes, settings))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    /// <summary>A text on one line, of characters that XML can hold.</summary>
    public static string Text(string? text) => Words.OneLine(text).Replace('\uFFFE', '\uFFFD').Replace('\uFFFF', '\uFFFD');

    /// <summary>Begins an element.</summary>
    public static void Start(this XmlWriter writer, string tag, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        writer.WriteStartElement(tag);
        foreach ((string name, string? value) in attributes)
        {
            writer.WriteAttributeString(name, Text(value));
        }
    }

    /// <summary>An element that holds a text. One that holds none ends by itself, as some elements of HTML must.</summary>
    public static void Element(this XmlWriter writer, string tag, string? text, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        writer.Start(tag, attributes);
        if (text is null)
        {
            writer.WriteEndElement();
            return;
        }

        writer.WriteString(Text(text));
        writer.WriteFullEndElement();
    }

    /// <summary>A number as programs read it.</summary>
    public static string Number(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
