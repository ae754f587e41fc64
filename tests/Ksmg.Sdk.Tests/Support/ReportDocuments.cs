using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using Ksmg.Sdk.Tests.Conventions;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Reads reports as HTML and as JUnit XML as their strictest readers do.</summary>
internal static class ReportDocuments
{
    /// <summary>What a node may say to leave its place in a document, or to turn what stands there round.</summary>
    public const string Hostile = "]]><script>alert(1)</script> \"'&amp; \u0000\u0001\u001b[31m \u202Eevil\u2066 \uFFFE\uD800 --> <!-- a\nb";

    /// <summary>A page that loads and runs nothing.</summary>
    public static XElement ReadSelfContained(string html)
    {
        string style = Regex.Match(html, "<style>(?<style>.*?)</style>", RegexOptions.Singleline, TimeSpan.FromSeconds(5)).Groups["style"].Value;
        string digest = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        Assert.Contains($"content=\"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{digest}'\"", html, StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html", html, StringComparison.Ordinal);
        Assert.DoesNotMatch("https?:|url\\(|@import|<img|<link|<iframe", html);
        return Read(html);
    }

    /// <summary>What somebody said who is <see cref="Hostile"/> stands in both as text, and nothing else does.</summary>
    public static void AssertHarmless(string html, string junit)
    {
        XElement page = Read(html);
        Assert.Empty(page.Descendants("script"));
        Assert.DoesNotContain(page.DescendantsAndSelf().Attributes(), a => a.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || a.Name == "style");
        Assert.Contains("<script>alert(1)</script>", page.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)</script>", html, StringComparison.Ordinal);
        foreach (string document in (string[])[html, junit])
        {
            Assert.DoesNotContain(document.EnumerateRunes(), IsTrick);
            Assert.DoesNotContain('\uFFFE', document);
        }
    }

    /// <summary>A document that the schema of JUnit holds for sound, and whose sums are right.</summary>
    public static XElement ReadJUnit(string junit)
    {
        XmlReaderSettings settings = new() { ValidationType = ValidationType.Schema, DtdProcessing = DtdProcessing.Prohibit };
        settings.Schemas.Add(null, Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "junit.xsd"));
        settings.ValidationFlags |= XmlSchemaValidationFlags.ReportValidationWarnings;
        List<string> faults = [];
        settings.ValidationEventHandler += (_, e) => faults.Add(e.Message);
        using XmlReader reader = XmlReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(junit)), settings);
        XElement root = XElement.Load(reader);
        Assert.Empty(faults);
        Assert.All(root.Elements("testsuite"), suite => Assert.Equal(
            (suite.Elements("testcase").Count(), suite.Descendants("failure").Count(), suite.Descendants("skipped").Count()),
            ((int)suite.Attribute("tests")!, (int)suite.Attribute("failures")!, (int)suite.Attribute("skipped")!)));
        return root;
    }

    private static XElement Read(string html) => XDocument.Parse(html[html.IndexOf('\n')..]).Root!;

    private static bool IsTrick(Rune rune) => rune.Value != '\n' && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format;
}
