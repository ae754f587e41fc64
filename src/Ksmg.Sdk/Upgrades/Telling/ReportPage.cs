using System.Security.Cryptography;
using System.Text;
using System.Xml;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What reports as HTML have in common: one file without script, nothing loaded, and a policy that forbids both even if something got in.</summary>
internal static class ReportPage
{
    private const string StyleResource = "Ksmg.Sdk.Upgrades.Telling.report.css";
    private const string Nothing = "–";

    private static readonly string _style = ReadStyle();

    /// <summary>Only the style that is shipped counts, by its digest.</summary>
    private static readonly string _policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
        + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(_style))) + "'";

    /// <summary>A page with its title and why it stands where it does, and what follows.</summary>
    public static string Render(string title, string reason, Action<XmlWriter> write) => ReportXml.Write(isXml: false, writer =>
    {
        writer.WriteDocType("html", null, null, null);
        writer.Start("html", ("lang", Words.Get("language")));
        writer.Start("head");
        writer.Element("meta", null, ("charset", "utf-8"));
        writer.Element("meta", null, ("http-equiv", "Content-Security-Policy"), ("content", _policy));
        writer.Element("meta", null, ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
        writer.Element("meta", null, ("name", "color-scheme"), ("content", "light dark"));
        writer.Element("title", title);
        writer.Start("style");
        writer.WriteRaw(_style);
        writer.WriteFullEndElement();
        writer.WriteEndElement();
        writer.Start("body");
        writer.Start("main");
        writer.Element("h1", title);
        writer.Element("p", reason, ("class", "reason"), ("dir", "auto"));
        write(writer);
        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.WriteEndElement();
    });

    /// <summary>A value as it is shown: a duration in words, an instant in UTC.</summary>
    public static string Show(object? value) => value is null ? Nothing : Words.Get("said", value);

    /// <summary>A few facts, each with its name.</summary>
    public static void Facts(this XmlWriter writer, params ReadOnlySpan<(string Name, object? Value)> facts)
    {
        writer.Start("dl");
        foreach ((string name, object? value) in facts)
        {
            writer.Start("div");
            writer.Element("dt", name);
            writer.Element("dd", Show(value));
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
    }

    /// <summary>A table that scrolls by itself where it is too wide; one without rows is left out.</summary>
    public static void Table(this XmlWriter writer, string caption, IEnumerable<string> columns, IEnumerable<string[]> rows)
    {
        string[][] all = [.. rows];
        if (all.Length == 0)
        {
            return;
        }

        writer.Start("div", ("class", "wide"), ("role", "region"), ("aria-label", caption), ("tabindex", "0"));
        writer.Start("table");
        writer.Element("caption", caption);
        writer.Start("thead");
        writer.Start("tr");
        foreach (string column in columns)
        {
            writer.Element("th", column, ("scope", "col"));
        }

        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.Start("tbody");
        foreach (string[] row in all)
        {
            writer.Start("tr");
            writer.Element("th", row[0], ("scope", "row"), ("dir", "auto"));
            foreach (string cell in row[1..])
            {
                writer.Element("td", cell, ("dir", "auto"));
            }

            writer.WriteEndElement();
        }

        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    private static string ReadStyle()
    {
        using StreamReader style = new(typeof(ReportPage).Assembly.GetManifestResourceStream(StyleResource)!);
        return style.ReadToEnd().ReplaceLineEndings("\n");
    }
}
