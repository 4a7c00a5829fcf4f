"""Opens leuka's exports with other people's readers, and shows that each refuses broken ones.

usage: readers.py FOLDER    with what `cargo run -p leuka-record --example exports` wrote
"""

import contextlib
import copy
import io
import json
import logging
import re
import subprocess
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
FAILURES = []


def report(reader, accepted, rejected, slipped):
    """One line for a reader: what it took, which mutations it refused; a mutation that slips through is a failure."""
    print(f"{reader}: accepted {accepted}; rejected {len(rejected)} mutations ({', '.join(rejected)})")
    for name in slipped:
        FAILURES.append(f"{reader} accepts: {name}")


def sort_out(reader, accepted, mutations, reads):
    rejected, slipped = [], []
    for name, broken in mutations:
        try:
            reads(broken)
            slipped.append(name)
        except Exception:  # noqa: BLE001  the reader's own kinds of refusal
            rejected.append(name)
    report(reader, accepted, rejected, slipped)


def fhir(folder):
    from fhircraft import R4

    bundle = json.loads((folder / "bundle.json").read_text())

    def reads(bundle):
        R4.Bundle.model_validate(bundle)
        for entry in bundle["entry"]:
            resource = entry["resource"]
            getattr(R4, resource["resourceType"]).model_validate(resource)

    reads(bundle)
    kinds = {}
    for entry in bundle["entry"]:
        kind = entry["resource"]["resourceType"]
        kinds[kind] = kinds.get(kind, 0) + 1

    def broken(kind, change):
        copied = copy.deepcopy(bundle)
        change(next(e["resource"] for e in copied["entry"] if e["resource"]["resourceType"] == kind))
        return copied

    sort_out("fhircraft", ", ".join(f"{n} {k}" for k, n in sorted(kinds.items())), [
        ("an observation without status", broken("Observation", lambda r: r.pop("status"))),
        ("an observation without code", broken("Observation", lambda r: r.pop("code"))),
        ("a value and a reason for its absence (obs-6)", broken("Observation", lambda r: r.update(dataAbsentReason={"text": "lost"}))),
        ("a field that FHIR does not have", broken("Patient", lambda r: r.update(bloodVolume=5))),
        ("no time", broken("Procedure", lambda r: r["performedPeriod"].update(start="yesterday"))),
        ("a period that ends before it begins (per-1)", broken("Procedure", lambda r: r["performedPeriod"].update(start="2030-01-01T00:00:00Z"))),
        ("text where a number must be", broken("Observation", lambda r: r["valueQuantity"].update(value="heavy"))),
        ("a device metric without category", broken("DeviceMetric", lambda r: r.pop("category"))),
    ], reads)


def hl7(folder):
    import hl7 as plain
    from hl7apy.consts import VALIDATION_LEVEL
    from hl7apy.parser import parse_message

    messages = json.loads((folder / "messages.json").read_text())

    def reads(text):
        parse_message(text, validation_level=VALIDATION_LEVEL.STRICT).validate()

    for text in messages:
        reads(text)
    one = messages[-1]
    sort_out("hl7apy STRICT", f"{len(messages)} messages ORU^R01 of version 2.6", [
        ("a segment that 2.6 does not have", one.replace("PV1||U", "PV1||U\rQQX|1")),
        ("no message type", one.replace("ORU^R01^ORU_R01", "")),
        ("a set number that is none", one.replace("OBX|1|", "OBX|one|")),
        ("an observation without its name", one.replace("147842^MDC_ECG_HEART_RATE^MDC", "")),
        ("a time that is none", one.replace("|R|||2", "|R|||X")),
        ("no version", one.replace("|P|2.6|", "|P||")),
        ("observations without a request", "\r".join(line for line in one.split("\r") if not line.startswith("OBR"))),
    ], reads)

    def plainly(text):
        message = plain.parse(text)
        assert str(message.segment("MSH")[9]) == "ORU^R01^ORU_R01"
        values = {str(s[3][0][1][0]): float(str(s[5])) for s in message.segments("OBX") if str(s[2]) == "NM"}
        assert 20 < values["MDC_ECG_HEART_RATE"] < 250 and values["Inlet flow"] >= 0
        assert str(message.segment("MSH")[10])

    middle = messages[len(messages) // 2]
    plainly(middle)
    sort_out("hl7", "a message, its values by name", [
        ("no header", middle.replace("MSH|", "MSX|", 1)),
        ("a value that is no number", middle.replace("MDC_ECG_HEART_RATE^MDC|1.1.1.1|", "MDC_ECG_HEART_RATE^MDC|1.1.1.1|fast")),
        ("no heart rate", middle.replace("MDC_ECG_HEART_RATE", "MDC_X")),
        ("nothing", ""),
    ], plainly)


def label(folder):
    import zxingcpp
    from PIL import Image
    from pylibdmtx.pylibdmtx import decode
    from stdnum.iso7064 import mod_37_2

    wanted = set(json.loads((folder / "label.json").read_text()))
    subprocess.run(["pdftoppm", "-r", "300", "-png", "-singlefile", folder / "label.pdf", folder / "label-pdf"], check=True)
    for picture in ("label.png", "label-pdf.png"):
        image = Image.open(folder / picture).convert("L")
        found = {code.text for code in zxingcpp.read_barcodes(image)}
        assert wanted <= found, f"{picture}: {wanted - found} not read by zxing-cpp"
    image = Image.open(folder / "label.png").convert("L")
    matrix = decode(image, max_count=1, timeout=20000)[0].data.decode()
    assert matrix in wanted and matrix.startswith("=+"), matrix
    spoiled = image.copy()
    for code in zxingcpp.read_barcodes(image):
        left, top = code.position.top_left.x, code.position.top_left.y
        right = code.position.bottom_right.x
        width = right - left
        spoiled.paste(255, (left + width // 3, top - 5, left + width // 2, code.position.bottom_right.y + 5))
    read = {code.text for code in zxingcpp.read_barcodes(spoiled)}
    for text in wanted & read:
        # A Data Matrix may be put right by its error correction; then it must be right.
        if not text.startswith("=+"):
            FAILURES.append(f"zxing-cpp reads a bar code with a part wiped out: {text}")
    print(f"zxing-cpp: accepted {len(wanted)} codes from PNG and PDF; rejected {len(wanted - read)} with a part wiped out")
    print(f"pylibdmtx: accepted the compound message {matrix}")
    number = matrix.split("=", 2)[2][:13]
    vectors = {"G123498654321": "H", "G123417654321": "A", "A999917345628": "*", "A999917345658": "O", "A999926123456": "T"}
    for din, check in vectors.items():
        assert mod_37_2.calc_check_digit(din) == check, din
    assert json.loads((folder / "check.json").read_text()) == mod_37_2.calc_check_digit(number)
    assert not mod_37_2.is_valid(number + "0")
    print("python-stdnum: accepted the check characters of the label and of 5 published numbers; rejected a wrong one")


def pdf(folder):
    import pikepdf
    import pypdfium2

    def reads(content):
        spoiled = folder / "spoiled.pdf"
        spoiled.write_bytes(content)
        try:
            with pikepdf.open(spoiled, attempt_recovery=False) as file:
                problems = file.check_pdf_syntax()
                assert not problems, problems
                with file.open_metadata() as about:
                    assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("2", "B")
                return [[float(side) for side in page.mediabox[2:]] for page in file.pages]
        finally:
            spoiled.unlink()

    report, label = (folder / "report.pdf").read_bytes(), (folder / "label.pdf").read_bytes()
    pages = reads(report)
    assert all(abs(width - 595.3) < 1 and abs(height - 841.9) < 1 for width, height in pages), pages
    assert all(abs(side - 283.5) < 1 for side in reads(label)[0])
    texts = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(report)]
    assert all("PT-0074" in text and "Not a medical device" in text and "SIMULATED" in text for text in texts)
    for words in ["Flowsheet", "Error budget", "Alarms and symptoms", "Dr Maria Frei"]:
        assert any(words in text for text in texts), words
    stream = report.index(b"stream", len(report) // 3) + 40
    sort_out("pikepdf (qpdf)", f"a report of {len(pages)} pages and a label, as PDF/A-2b", [
        ("cut off", report[:-100]),
        ("a place in the table of objects overwritten", report.replace(b"startxref\n", b"startxref\n9", 1)),
        ("a page's content damaged", report[:stream] + bytes(64) + report[stream + 64:]),
        ("no PDF", b"%PDF"),
    ], reads)


def columns(folder):
    import duckdb
    import pandas
    import polars
    import pyarrow.parquet as parquet

    path, events = folder / "samples.parquet", folder / "events.parquet"
    frame, lazy = pandas.read_parquet(path), polars.read_parquet(path)
    rows = duckdb.sql(f"select count(*), max(processed_ml), avg(heart_rate_per_min) from '{path}'").fetchall()[0]
    assert len(frame) == lazy.height == rows[0] > 1000
    assert frame["processed_ml"].max() == lazy["processed_ml"].max() == rows[1] > 0
    assert 20 < rows[2] < 250
    assert pandas.read_parquet(events)["kind"].eq("phase").any()
    assert polars.read_parquet(events).height == duckdb.sql(f"select count(*) from '{events}'").fetchall()[0][0]
    schema = parquet.read_schema(path)
    assert schema.metadata[b"schema"] == b"leuka.columns/1"
    assert all(field.metadata[b"unit"] for field in schema)
    whole = path.read_bytes()
    broken = [("cut off", whole[:-100]), ("footer overwritten", whole[:-8] + b"\0" * 8), ("empty", b"")]
    for name, read in [
        ("pandas", lambda p: pandas.read_parquet(p)),
        ("polars", lambda p: polars.read_parquet(p)),
        ("DuckDB", lambda p: duckdb.sql(f"select * from '{p}'").fetchall()),
    ]:
        spoiled = folder / f"spoiled-{name}.parquet"

        def reads(content, read=read, spoiled=spoiled):
            spoiled.write_bytes(content)
            read(spoiled)

        sort_out(name, f"{len(frame)} samples of {len(frame.columns)} columns and {len(pandas.read_parquet(events))} events", broken, reads)
        spoiled.unlink()


def mdib(folder):
    from sdc11073.definitions_sdc import SdcV1Definitions
    from sdc11073.mdib.providermdib import ProviderMdib

    text = (folder / "mdib.xml").read_text()

    def reads(text):
        # It prints what it cannot load.
        with contextlib.redirect_stdout(io.StringIO()):
            mdib = ProviderMdib.from_string(text.encode(), SdcV1Definitions)
        handles = {d.Handle for d in mdib.descriptions.objects}
        for state in mdib.states.objects:
            assert state.DescriptorHandle in handles
        return mdib

    whole = reads(text)
    sort_out("sdc11073", f"{len(whole.descriptions.objects)} descriptors and {len(whole.states.objects)} states", [
        ("no XML", text[:-40]),
        ("an unknown category", text.replace('MetricCategory="Msrmt"', 'MetricCategory="Guess"', 1)),
        ("an unknown priority", text.replace('Priority="', 'Priority="Z', 1)),
        ("a metric without unit", re.sub("<pm:Unit .*?</pm:Unit>", "", text, count=1)),
        ("a value that is no number", text.replace('MetricValue Value="', 'MetricValue Value="x', 1)),
        ("a signal without its condition", text.replace("ConditionSignaled", "Condition", 1)),
        ("no type of state", text.replace('xsi:type="pm:NumericMetricState"', "", 1)),
    ], reads)


READERS = {"label": label, "pdf": pdf, "columns": columns, "mdib": mdib, "hl7": hl7, "fhir": fhir}

if __name__ == "__main__":
    place = Path(sys.argv[1])
    for name, reader in READERS.items():
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        try:
            reader(place)
        except Exception as error:  # noqa: BLE001  every reader is tried, whatever another said
            FAILURES.append(f"{name}: {type(error).__name__}: {str(error)[:2000]}")
    for failure in FAILURES:
        print(f"FAILED {failure}", file=sys.stderr)
    sys.exit(1 if FAILURES else 0)
